package dev.picket.storage.image;

import java.nio.file.Path;
import java.util.List;

/** What a sandbox's root file system is made of. */
public sealed interface ImageRoot {
    /** An EROFS image file, to be opened read-only and handed on as a descriptor; deleting the image does no harm then. */
    record ErofsFile(Path path) implements ImageRoot {}

    /** Directories and files of the host, to be opened and handed on as descriptors, read-only. */
    record HostTree(List<HostEntry> entries) implements ImageRoot {}
}
