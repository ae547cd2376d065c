package dev.picket.service.system;

import dev.picket.service.platform.PlatformStatus;
import java.util.List;

/**
 * What {@code docker info} tells.
 *
 * @param id stays the same as long as the data directory does
 * @param defaultPlatform that of a request that names none; may be {@code auto}
 * @param automaticPlatform what {@code auto} stands for; empty if nothing works here
 */
public record SystemInformation(
        String id,
        String name,
        int containers,
        int containersRunning,
        int containersPaused,
        int containersStopped,
        int images,
        String kernelVersion,
        String operatingSystem,
        String architecture,
        int cpus,
        long memoryBytes,
        String dataDirectory,
        String defaultPlatform,
        String automaticPlatform,
        List<PlatformStatus> platforms,
        int warmWorkers) {}
