package dev.picket.service.container;

import java.util.List;

/**
 * What is kept of a container on disk, as JSON. Times are text (ISO 8601) or null.
 *
 * @param status name of a {@link ContainerStatus}
 * @param stoppedByUser whether a restart policy must leave it alone
 */
record ContainerRecord(
        String id,
        String name,
        String created,
        String imageId,
        CreateContainer settings,
        List<String> arguments,
        List<String> environment,
        String workingDirectory,
        String user,
        String hostName,
        int stopSignal,
        String platform,
        String status,
        int exitCode,
        String error,
        boolean outOfMemory,
        String startedAt,
        String finishedAt,
        int restartCount,
        boolean stoppedByUser) {}
