package dev.picket.service.container;

import java.time.Instant;

/**
 * What a running container uses, seen from the host.
 *
 * @param cpuNanos CPU time of its worker and guest processes
 * @param systemCpuNanos CPU time of the whole host
 * @param memoryLimitBytes the container's limit, or the host's memory
 */
public record Statistics(
        Instant time,
        long cpuNanos,
        long systemCpuNanos,
        int cpus,
        long memoryBytes,
        long memoryLimitBytes,
        long processes) {}
