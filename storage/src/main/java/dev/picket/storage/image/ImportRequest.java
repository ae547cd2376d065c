package dev.picket.storage.image;

import dev.picket.storage.oci.ImagePlatform;
import java.util.List;

/**
 * How to make an image of a tar archive: {@code docker import}.
 *
 * @param name {@code repository[:tag]}; empty for none
 * @param changes Dockerfile instructions for the configuration
 * @param message for the image's history; empty for Docker's own
 */
public record ImportRequest(String name, List<String> changes, String message, ImagePlatform platform) {
    /** For this machine, without changes. */
    public static ImportRequest named(String name) {
        return new ImportRequest(name, List.of(), "", ImagePlatform.LINUX_AMD64);
    }
}
