package dev.picket.service.image;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An image.
 *
 * @param id {@code sha256:...}
 * @param tags {@code name:tag}
 * @param digests {@code name@sha256:...}
 * @param diffIds digests of its layers
 * @param builtIn whether it is the host image, which cannot be removed
 */
public record Image(
        String id,
        List<String> tags,
        List<String> digests,
        Instant created,
        long sizeBytes,
        String architecture,
        String operatingSystem,
        String comment,
        String author,
        Configuration configuration,
        List<String> diffIds,
        boolean builtIn) {

    /** What containers of the image start from. Never null inside, except entrypoint and command ("not given"). */
    public record Configuration(
            List<String> entrypoint,
            List<String> command,
            List<String> environment,
            String workingDirectory,
            String user,
            Map<String, String> labels,
            String stopSignal,
            List<String> exposedPorts,
            List<String> volumes) {}
}
