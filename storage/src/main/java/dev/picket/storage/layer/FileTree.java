package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Inode.Attributes;
import dev.picket.storage.layer.Inode.Directory;

/**
 * The files that layers make together: a root directory and counts that {@link LayerLimits} bound.
 *
 * <p>Reads its files' content from the archives it was built from, so these must stay open while it is in use.
 */
public final class FileTree {
    private final Directory root = new Directory(Attributes.IMPLIED_DIRECTORY);
    private final LayerLimits limits;
    private int layers;
    private int entries;
    private long metadataBytes;
    private long fileBytes;

    public FileTree(LayerLimits limits) {
        this.limits = limits;
    }

    public Directory root() {
        return root;
    }

    /** Bytes of all regular files that the layers brought, those that upper layers hide included. */
    public long fileBytes() {
        return fileBytes;
    }

    /** The number of the layer that is being applied, from 0. */
    int beginLayer() {
        return layers++;
    }

    /** Counts one more entry before it is kept. */
    void account(long entryMetadataBytes, long entryFileBytes) throws StorageException {
        entries++;
        metadataBytes += entryMetadataBytes;
        if (entries > limits.entries()) {
            throw new StorageException.Invalid("the image has more than " + limits.entries() + " files");
        }
        if (metadataBytes > limits.metadataBytes()) {
            throw new StorageException.Invalid(
                    "the names and attributes of the image's files exceed " + limits.metadataBytes() + " bytes");
        }
        // Compared before adding: the sizes in a header reach up to 2^63.
        if (entryFileBytes > limits.fileBytes() - fileBytes) {
            throw new StorageException.Invalid("the image's files exceed " + limits.fileBytes() + " bytes");
        }
        fileBytes += entryFileBytes;
    }

    LayerLimits limits() {
        return limits;
    }
}
