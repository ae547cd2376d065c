package dev.picket.storage.state;

import dev.picket.storage.oci.Digest;
import java.time.Instant;
import java.util.List;

/**
 * What the database knows of an image; the rest is in its configuration, which the content store has under {@code id}.
 *
 * @param chainId names its file system
 * @param sizeBytes of its files
 * @param added when it came here, to the millisecond
 * @param layers the digests of its layers' archives, lowest first
 */
public record ImageRecord(Digest id, Digest chainId, long sizeBytes, Instant added, List<Digest> layers) {}
