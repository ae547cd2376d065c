package dev.picket.storage.layer;

import dev.picket.storage.layer.Inode.Attributes;

/**
 * One member of a tar archive, its headers merged and its numbers checked.
 *
 * @param name as in the archive: may be absolute, may hold {@code ..}
 * @param linkName of links, as in the archive
 * @param data of regular files, else null
 * @param metadataBytes that keeping it costs, about
 */
public record TarEntry(
        Type type,
        String name,
        String linkName,
        Attributes attributes,
        int major,
        int minor,
        FileData data,
        long metadataBytes) {

    /** What a member is. */
    public enum Type {
        REGULAR,
        HARD_LINK,
        SYMBOLIC_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        DIRECTORY,
        FIFO
    }
}
