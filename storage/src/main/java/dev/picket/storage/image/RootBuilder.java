package dev.picket.storage.image;

import dev.picket.storage.erofs.ErofsWriter;
import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.FileTree;
import dev.picket.storage.layer.LayerApplier;
import dev.picket.storage.layer.LayerLimits;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.store.ContentStore;
import dev.picket.storage.store.StagedFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.List;

/** Stacks layers and writes the file system that they make. Its caller holds {@code building}. */
final class RootBuilder {
    private static final int UUID_BYTES = 16;

    private final ContentStore store;
    private final LayerLimits limits;

    RootBuilder(ContentStore store, LayerLimits limits) {
        this.store = store;
        this.limits = limits;
    }

    /**
     * Reads the layers' archives, lowest first, and so checks them; the result reads from them.
     *
     * @param endMarkRequired whether an archive without an end mark is an error
     */
    FileTree stack(List<FileChannel> layers, boolean endMarkRequired) throws IOException, StorageException {
        var tree = new FileTree(limits);
        for (FileChannel layer : layers) {
            LayerApplier.apply(tree, layer, endMarkRequired);
        }
        return tree;
    }

    /** Writes the file system of a chain; the caller closes it. */
    StagedFile write(FileTree tree, Digest chainId, Progress progress) throws IOException, StorageException {
        store.requireSpace();
        StagedFile staged = store.stage();
        try {
            String item = chainId.shortHex();
            ErofsWriter.write(
                    tree,
                    uuid(chainId),
                    staged.channel(),
                    done -> progress.report(Progress.Stage.BUILDING, item, done, tree.fileBytes()));
            return staged;
        } catch (IOException | StorageException | RuntimeException e) {
            staged.close();
            throw e;
        }
    }

    /** Equal layers are to make equal file systems, so the UUID comes from their digest; version 8 of RFC 9562. */
    private static byte[] uuid(Digest chainId) {
        byte[] uuid = Arrays.copyOf(chainId.bytes(), UUID_BYTES);
        uuid[6] = (byte) (uuid[6] & 0x0f | 0x80);
        uuid[8] = (byte) (uuid[8] & 0x3f | 0x80);
        return uuid;
    }
}
