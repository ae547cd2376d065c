package dev.picket.storage.oci;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * An image's configuration, the JSON document whose digest is the image's id.
 *
 * @param created when, or null if it does not say
 * @param author empty if it does not say
 * @param comment Docker's, empty if it does not say
 * @param layers the digests of the uncompressed layer archives, lowest first
 */
public record ImageConfig(
        ImagePlatform platform,
        Instant created,
        String author,
        String comment,
        RunConfig run,
        List<Digest> layers,
        List<History> history) {

    /** How one layer came to be; {@code emptyLayer} for steps that made none. */
    public record History(Instant created, String createdBy, String author, String comment, boolean emptyLayer) {}

    /** The chain id of all layers: names the file system that they make together. */
    public Digest chainId() {
        return chainId(layers, layers.size());
    }

    /** The chain id of the lowest {@code count} layers; the specification's definition. */
    public static Digest chainId(List<Digest> layers, int count) {
        if (count == 0) {
            return Digest.of(new byte[0]);
        }
        Digest chain = layers.get(0);
        for (int i = 1; i < count; i++) {
            byte[] pair = (chain + " " + layers.get(i)).getBytes(StandardCharsets.US_ASCII);
            chain = Digest.of(pair);
        }
        return chain;
    }
}
