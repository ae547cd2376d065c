package dev.picket.storage.image;

import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.Reference;
import java.util.Optional;

/** One name, or one image without a name, that a loaded archive brought. */
public record LoadedImage(Digest id, Optional<Reference> name) {}
