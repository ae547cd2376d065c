package dev.picket.storage.image;

import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImageConfig;
import dev.picket.storage.oci.Reference;
import java.time.Instant;
import java.util.List;

/**
 * An image that is here.
 *
 * @param id the digest of its configuration
 * @param sizeBytes of the files of all its layers; 0 for the built-in image
 * @param added when it came here
 * @param names with tag or with digest, in order
 * @param builtIn whether it is the host image, which cannot be deleted
 */
public record Image(
        Digest id, ImageConfig config, long sizeBytes, Instant added, List<Reference> names, boolean builtIn) {

    /** Docker's RepoTags: {@code busybox:latest} each. */
    public List<String> repoTags() {
        return names.stream()
                .filter(name -> name.digest().isEmpty())
                .map(Reference::familiar)
                .toList();
    }

    /** Docker's RepoDigests: {@code busybox@sha256:…} each. */
    public List<String> repoDigests() {
        return names.stream()
                .filter(name -> !name.digest().isEmpty())
                .map(Reference::familiar)
                .toList();
    }
}
