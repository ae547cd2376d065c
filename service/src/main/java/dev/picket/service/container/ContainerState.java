package dev.picket.service.container;

import java.time.Instant;

/**
 * The state of a container at one moment.
 *
 * @param processId the host's process that runs it (the worker), 0 if there is none
 * @param error why it could not start or why it ended, empty if there is nothing to say
 * @param startedAt null: never
 * @param finishedAt null: never
 */
public record ContainerState(
        ContainerStatus status,
        long processId,
        int exitCode,
        String error,
        boolean outOfMemory,
        Instant startedAt,
        Instant finishedAt,
        int restartCount) {

    /** Running, in Docker's sense: paused counts. */
    public boolean isRunning() {
        return status == ContainerStatus.RUNNING || status == ContainerStatus.PAUSED;
    }

    public boolean isPaused() {
        return status == ContainerStatus.PAUSED;
    }
}
