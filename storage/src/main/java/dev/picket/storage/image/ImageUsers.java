package dev.picket.storage.image;

import dev.picket.storage.oci.Digest;
import java.util.List;

/** Tells which containers use an image. The service knows; it is asked while images are locked, so must not call back. */
@FunctionalInterface
public interface ImageUsers {
    /** For when there are no containers. */
    ImageUsers NONE = image -> List.of();

    List<User> of(Digest image);

    /** A container. */
    record User(String containerId, boolean running) {}
}
