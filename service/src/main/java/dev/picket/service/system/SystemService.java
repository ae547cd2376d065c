package dev.picket.service.system;

import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerService;
import dev.picket.service.container.ContainerStatus;
import dev.picket.service.image.ImageService;
import dev.picket.service.platform.PlatformStatus;
import dev.picket.service.platform.Platforms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** What the service tells about itself. */
public final class SystemService {
    private static final String VERSION = "0.1.0";

    private final ServiceSettings settings;
    private final ContainerService containers;
    private final ImageService images;
    private final Platforms platforms;

    SystemService(ServiceSettings settings, ContainerService containers, ImageService images, Platforms platforms) {
        this.settings = settings;
        this.containers = containers;
        this.images = images;
        this.platforms = platforms;
    }

    public SystemInformation information() {
        List<Container> all = containers.list(null, true, 0);
        return new SystemInformation(
                UUID.nameUUIDFromBytes(settings.dataDirectory()
                                .toAbsolutePath()
                                .toString()
                                .getBytes(StandardCharsets.UTF_8))
                        .toString(),
                hostName(),
                all.size(),
                count(all, ContainerStatus.RUNNING),
                count(all, ContainerStatus.PAUSED),
                all.size() - count(all, ContainerStatus.RUNNING) - count(all, ContainerStatus.PAUSED),
                images.list(null).size(),
                kernelVersion(),
                operatingSystem(),
                "x86_64",
                Runtime.getRuntime().availableProcessors(),
                memoryBytes(),
                settings.dataDirectory().toAbsolutePath().toString(),
                settings.defaultPlatform(),
                platforms.automatic(),
                withErrors(platforms.table().all()),
                settings.warmWorkers());
    }

    private static int count(List<Container> all, ContainerStatus status) {
        return (int) all.stream()
                .filter(container -> container.state().status() == status)
                .count();
    }

    /** What was measured when the service began, and what has gone wrong since. */
    private List<PlatformStatus> withErrors(List<PlatformStatus> measured) {
        return measured.stream().map(this::withError).toList();
    }

    private PlatformStatus withError(PlatformStatus status) {
        String error = platforms.lastError(status.name());
        return status.available() && !error.isEmpty()
                ? new PlatformStatus(
                        status.name(),
                        status.description(),
                        true,
                        "works, but the last worker failed: " + error,
                        status.roundTripNanos(),
                        status.faultNanos())
                : status;
    }

    /** The version of Picket, such as {@code 0.1.0}. */
    public String version() {
        return VERSION;
    }

    /** The host's kernel, such as {@code 6.1.0}. */
    public String kernelVersion() {
        return System.getProperty("os.version");
    }

    private static String hostName() {
        return read(Path.of("/proc/sys/kernel/hostname")).strip();
    }

    private static String operatingSystem() {
        return read(Path.of("/etc/os-release"))
                .lines()
                .filter(line -> line.startsWith("PRETTY_NAME="))
                .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
                .findFirst()
                .orElse("Linux");
    }

    private static long memoryBytes() {
        return read(Path.of("/proc/meminfo"))
                .lines()
                .filter(line -> line.startsWith("MemTotal:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            // Some hosts hide one or the other; information is not worth an error.
            return "";
        }
    }
}
