package dev.picket.api.nativeapi;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.system.SystemInformation.PlatformStatus;

/**
 * A platform, and whether it works here.
 *
 * @param reason why it does not; empty if it does
 */
public record PlatformAnswer(
        @JsonProperty("name") String name,
        @JsonProperty("available") boolean available,
        @JsonProperty("default") boolean isDefault,
        @JsonProperty("reason") String reason) {
    static PlatformAnswer of(PlatformStatus platform, String defaultPlatform) {
        return new PlatformAnswer(
                platform.name(), platform.available(), platform.name().equals(defaultPlatform), platform.reason());
    }
}
