package dev.picket.service.system;

import java.util.List;

/** What {@code docker info} tells. {@code id} stays the same as long as the data directory does. */
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
        List<PlatformStatus> platforms,
        int warmWorkers) {

    /** Whether a platform works here; {@code reason} says why not, or is empty. */
    public record PlatformStatus(String name, boolean available, String reason) {}
}
