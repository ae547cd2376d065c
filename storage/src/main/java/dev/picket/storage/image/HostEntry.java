package dev.picket.storage.image;

import java.nio.file.Path;

/** One thing that the guest of the host image finds at {@code guestPath}, which is absolute. Parents are implied. */
public sealed interface HostEntry {
    String guestPath();

    /** A directory of the host with all below it, or a file of the host. */
    record Tree(String guestPath, Path hostPath) implements HostEntry {}

    /** A symbolic link; the target is the guest's to interpret. */
    record Link(String guestPath, String target) implements HostEntry {}
}
