package dev.picket.storage.image;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.ConfigJson;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImageConfig;
import dev.picket.storage.oci.ImagePlatform;
import dev.picket.storage.oci.Reference;
import dev.picket.storage.oci.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The built-in image {@code host}: the programs of the machine that Picket runs on, without a download. It has no
 * layers; {@link #entries} says what of the host it shows.
 */
public final class HostImage {
    /** {@code host:latest}. */
    public static final Reference NAME = new Reference("docker.io", "library/host", "latest", "");

    private final ImageConfig config;
    private final byte[] configJson;
    private final List<HostEntry> entries;

    private HostImage(ImageConfig config, List<HostEntry> entries) {
        this.config = config;
        this.configJson = ConfigJson.write(config);
        this.entries = entries;
    }

    /**
     * Looks at the host, and writes what the image has in place of the host's own.
     *
     * @param hostRoot {@code /}, but for tests
     * @param directory for what is synthesised; made if it is not there
     */
    public static HostImage open(Path hostRoot, Path directory) throws StorageException {
        try {
            return new HostImage(describe(), HostFiles.collect(hostRoot, directory));
        } catch (IOException e) {
            throw StorageException.of("preparing the host image", e);
        }
    }

    /** The same on every start, so that containers find the image again that they were made from. */
    private static ImageConfig describe() {
        var run = new RunConfig(
                "",
                List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                null,
                List.of("/bin/sh"),
                "/",
                Map.of(),
                List.of(),
                List.of(),
                "",
                null,
                List.of(),
                List.of());
        return new ImageConfig(
                ImagePlatform.LINUX_AMD64, Instant.EPOCH, "", "the host's own programs", run, List.of(), List.of());
    }

    public Digest id() {
        return Digest.of(configJson);
    }

    public ImageConfig config() {
        return config;
    }

    byte[] configJson() {
        return configJson.clone();
    }

    /** What it shows, in the order of the guest's paths, so that a directory comes before what is mounted inside it. */
    public List<HostEntry> entries() {
        return entries;
    }
}
