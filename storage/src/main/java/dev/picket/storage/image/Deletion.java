package dev.picket.storage.image;

/** One effect of deleting an image: in Docker's answer an object with one of two keys. */
public sealed interface Deletion {
    /** A name that is gone, as shown: {@code busybox:latest}. */
    record Untagged(String name) implements Deletion {}

    /** An image or a layer that is gone, {@code sha256:…}. */
    record Deleted(String digest) implements Deletion {}
}
