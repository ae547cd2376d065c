package dev.picket.api.nativeapi;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.platform.PlatformStatus;
import dev.picket.service.system.SystemInformation;

/**
 * A platform, and whether it works here.
 *
 * @param isDefault whether containers that name none run on it, because the service says so or because auto picks it
 * @param auto whether auto picks it
 * @param syscallNanos what a system call of a guest costs, there and back; 0 if the platform does not work
 * @param faultNanos what a page fault that the Sentry answers costs; 0 if the platform does not work
 * @param reason why it does not work; empty if it does
 */
public record PlatformAnswer(
        @JsonProperty("name") String name,
        @JsonProperty("description") String description,
        @JsonProperty("available") boolean available,
        @JsonProperty("default") boolean isDefault,
        @JsonProperty("auto") boolean auto,
        @JsonProperty("syscallNanos") long syscallNanos,
        @JsonProperty("faultNanos") long faultNanos,
        @JsonProperty("reason") String reason) {
    static PlatformAnswer of(PlatformStatus platform, SystemInformation information) {
        boolean auto = platform.name().equals(information.automaticPlatform());
        return new PlatformAnswer(
                platform.name(),
                platform.description(),
                platform.available(),
                information.defaultPlatform().equals("auto")
                        ? auto
                        : platform.name().equals(information.defaultPlatform()),
                auto,
                platform.roundTripNanos(),
                platform.faultNanos(),
                platform.reason());
    }
}
