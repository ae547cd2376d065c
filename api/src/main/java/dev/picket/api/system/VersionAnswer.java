package dev.picket.api.system;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.api.version.ApiVersion;
import dev.picket.service.system.SystemService;
import java.util.List;
import java.util.Map;

/** Answer of {@code /version}. */
public record VersionAnswer(
        Platform platform,
        List<Component> components,
        String version,
        String apiVersion,
        @JsonProperty("MinAPIVersion") String minApiVersion,
        String gitCommit,
        String goVersion,
        String os,
        String arch,
        String kernelVersion,
        String buildTime) {

    /** The product's name. */
    public record Platform(String name) {}

    /** A part of it, with whatever details it has. */
    public record Component(String name, String version, Map<String, String> details) {}

    static VersionAnswer of(SystemService system) {
        String java = System.getProperty("java.vm.version");
        String maximum = ApiVersion.MAXIMUM.toString();
        String minimum = ApiVersion.MINIMUM.toString();
        var details = Map.of(
                "ApiVersion",
                maximum,
                "MinAPIVersion",
                minimum,
                "Os",
                "linux",
                "Arch",
                "amd64",
                "KernelVersion",
                system.kernelVersion(),
                "JavaVersion",
                java);
        return new VersionAnswer(
                new Platform("Picket"),
                List.of(new Component("Engine", system.version(), details)),
                system.version(),
                maximum,
                minimum,
                "",
                "",
                "linux",
                "amd64",
                system.kernelVersion(),
                "");
    }
}
