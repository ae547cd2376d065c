package dev.picket.service.container;

/** A copy of a record with some of it changed. */
final class RecordChange {
    private final ContainerRecord base;
    private String name;
    private String platform;
    private String status;
    private int exitCode;
    private String error;
    private boolean outOfMemory;
    private String startedAt;
    private String finishedAt;
    private int restartCount;
    private boolean stoppedByUser;

    RecordChange(ContainerRecord base) {
        this.base = base;
        name = base.name();
        platform = base.platform();
        status = base.status();
        exitCode = base.exitCode();
        error = base.error();
        outOfMemory = base.outOfMemory();
        startedAt = base.startedAt();
        finishedAt = base.finishedAt();
        restartCount = base.restartCount();
        stoppedByUser = base.stoppedByUser();
    }

    RecordChange name(String value) {
        name = value;
        return this;
    }

    RecordChange platform(String value) {
        platform = value;
        return this;
    }

    RecordChange status(String value) {
        status = value;
        return this;
    }

    RecordChange restartCount(int value) {
        restartCount = value;
        return this;
    }

    RecordChange stoppedByUser(boolean value) {
        stoppedByUser = value;
        return this;
    }

    RecordChange end(int newExitCode, String newError, boolean newOutOfMemory, String started, String finished) {
        exitCode = newExitCode;
        error = newError;
        outOfMemory = newOutOfMemory;
        startedAt = started;
        finishedAt = finished;
        return this;
    }

    ContainerRecord build() {
        return new ContainerRecord(
                base.id(),
                name,
                base.created(),
                base.imageId(),
                base.settings(),
                base.arguments(),
                base.environment(),
                base.workingDirectory(),
                base.user(),
                base.hostName(),
                base.stopSignal(),
                platform,
                status,
                exitCode,
                error,
                outOfMemory,
                startedAt,
                finishedAt,
                restartCount,
                stoppedByUser);
    }
}
