package dev.picket.api.system;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.platform.PlatformStatus;
import dev.picket.service.system.SystemInformation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Answer of {@code /info}: what Docker's clients look at. */
public record InformationAnswer(
        @JsonProperty("ID") String id,
        String name,
        int containers,
        int containersRunning,
        int containersPaused,
        int containersStopped,
        int images,
        String driver,
        List<List<String>> driverStatus,
        Plugins plugins,
        boolean memoryLimit,
        boolean swapLimit,
        boolean cpuCfsPeriod,
        boolean cpuCfsQuota,
        @JsonProperty("CPUShares") boolean cpuShares,
        @JsonProperty("CPUSet") boolean cpuSet,
        boolean pidsLimit,
        @JsonProperty("IPv4Forwarding") boolean ipv4Forwarding,
        boolean debug,
        @JsonProperty("NFd") int files,
        boolean oomKillDisable,
        @JsonProperty("NGoroutines") int goroutines,
        String systemTime,
        String loggingDriver,
        String cgroupDriver,
        String cgroupVersion,
        @JsonProperty("NEventsListener") int eventsListeners,
        String kernelVersion,
        String operatingSystem,
        @JsonProperty("OSVersion") String osVersion,
        @JsonProperty("OSType") String osType,
        String architecture,
        String indexServerAddress,
        RegistryConfig registryConfig,
        @JsonProperty("NCPU") int cpus,
        @JsonProperty("MemTotal") long memoryBytes,
        String dockerRootDir,
        String httpProxy,
        String httpsProxy,
        String noProxy,
        List<String> labels,
        boolean experimentalBuild,
        String serverVersion,
        Map<String, Runtime> runtimes,
        String defaultRuntime,
        Map<String, Object> swarm,
        boolean liveRestoreEnabled,
        String isolation,
        String initBinary,
        List<String> securityOptions,
        List<String> warnings) {

    /** Kinds of plugins: only those that are built in. */
    public record Plugins(List<String> volume, List<String> network, List<String> log) {}

    /** Registries: none yet. */
    public record RegistryConfig(
            @JsonProperty("InsecureRegistryCIDRs") List<String> insecureRegistryCidrs,
            Map<String, Object> indexConfigs,
            List<String> mirrors) {}

    /** A platform, as one that {@code docker run --runtime} can name. */
    public record Runtime(@JsonProperty("path") String path, @JsonProperty("status") Map<String, String> status) {
        static Runtime of(PlatformStatus platform) {
            return new Runtime(
                    platform.name(),
                    Map.of(
                            "dev.picket.description", platform.description(),
                            "dev.picket.syscall-nanos", Long.toString(platform.roundTripNanos()),
                            "dev.picket.fault-nanos", Long.toString(platform.faultNanos())));
        }
    }

    private static String costs(PlatformStatus platform) {
        return String.format(
                Locale.ROOT,
                "system call %.1f us, fault %.1f us",
                platform.roundTripNanos() / 1000.0,
                platform.faultNanos() / 1000.0);
    }

    static InformationAnswer of(SystemInformation information, String version) {
        Map<String, Runtime> runtimes = new LinkedHashMap<>();
        if (!information.automaticPlatform().isEmpty()) {
            runtimes.put("auto", new Runtime("auto", Map.of("dev.picket.platform", information.automaticPlatform())));
        }
        List<String> labels = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        for (var platform : information.platforms()) {
            if (platform.available()) {
                runtimes.put(platform.name(), Runtime.of(platform));
                labels.add("picket.platform." + platform.name() + "=" + costs(platform)
                        + (platform.name().equals(information.automaticPlatform()) ? "; auto picks it" : ""));
            }
            if (!platform.reason().isEmpty()) {
                warnings.add("WARNING: platform " + platform.name()
                        + (platform.available() ? ": " : " does not work here: ") + platform.reason());
            }
        }
        return new InformationAnswer(
                information.id(),
                information.name(),
                information.containers(),
                information.containersRunning(),
                information.containersPaused(),
                information.containersStopped(),
                information.images(),
                "picket",
                List.of(List.of("Warm workers", String.valueOf(information.warmWorkers()))),
                new Plugins(List.of("local"), List.of("null"), List.of("json-file", "none")),
                true,
                false,
                false,
                true,
                false,
                false,
                true,
                false,
                false,
                0,
                false,
                0,
                Instant.now().toString(),
                "json-file",
                "none",
                "2",
                0,
                information.kernelVersion(),
                information.operatingSystem(),
                "",
                "linux",
                information.architecture(),
                "",
                new RegistryConfig(List.of(), Map.of(), List.of()),
                information.cpus(),
                information.memoryBytes(),
                information.dataDirectory(),
                "",
                "",
                "",
                labels,
                false,
                version,
                runtimes,
                information.defaultPlatform(),
                Map.of("LocalNodeState", "inactive", "ControlAvailable", false, "NodeID", "", "NodeAddr", ""),
                false,
                "",
                "",
                List.of("name=picket"),
                warnings);
    }
}
