package dev.picket.storage.image;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.Reference;
import dev.picket.storage.state.ImageRecord;
import dev.picket.storage.state.ImageRecords;
import dev.picket.storage.store.ContentStore;
import dev.picket.storage.store.StagedFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Images that have been received and checked, with all their files, but are not in yet: {@link #commit} takes in all of
 * them, closing without it leaves no trace of any.
 */
final class StagedImages implements AutoCloseable {
    private final Map<Digest, StagedFile> blobs = new LinkedHashMap<>();
    private final Map<Digest, StagedFile> roots = new LinkedHashMap<>();
    private final Map<Digest, ImageRecord> images = new LinkedHashMap<>();
    private final Map<Reference, Digest> names = new LinkedHashMap<>();
    private final List<LoadedImage> loaded = new ArrayList<>();

    /** Takes over a received file. */
    void addBlob(StagedFile file) throws IOException {
        StagedFile known = blobs.putIfAbsent(file.digest(), file);
        if (known != null) {
            file.close();
        }
    }

    Optional<StagedFile> blob(Digest digest) {
        return Optional.ofNullable(blobs.get(digest));
    }

    void addContent(ContentStore store, byte[] content) throws IOException, StorageException {
        addBlob(store.stage(new ByteArrayInputStream(content), content.length, done -> {}));
    }

    boolean hasRoot(Digest chainId) {
        return roots.containsKey(chainId);
    }

    /** Takes over a file system. */
    void addRoot(Digest chainId, StagedFile file) {
        roots.put(chainId, file);
    }

    /** @param imageNames may be none */
    void addImage(ImageRecord image, List<Reference> imageNames) {
        images.put(image.id(), image);
        boolean tagged = false;
        for (Reference name : imageNames) {
            names.put(name, image.id());
            if (name.digest().isEmpty()) {
                loaded.add(new LoadedImage(image.id(), Optional.of(name)));
                tagged = true;
            }
        }
        if (!tagged) {
            loaded.add(new LoadedImage(image.id(), Optional.empty()));
        }
    }

    List<LoadedImage> loaded() {
        return List.copyOf(loaded);
    }

    /** Takes everything in; content first, so that a record never lacks its content. The caller holds {@code changes}. */
    void commit(ContentStore store, ImageRecords records) throws IOException, StorageException {
        for (ImageRecord image : images.values()) {
            requireLayers(image, store);
        }
        for (StagedFile blob : blobs.values()) {
            store.addBlob(blob);
        }
        for (Map.Entry<Digest, StagedFile> root : roots.entrySet()) {
            store.addRoot(root.getKey(), root.getValue());
        }
        records.add(images.values(), names);
        records.sync();
    }

    /** An archive may leave out layers that are here already; they may have been deleted meanwhile. */
    private void requireLayers(ImageRecord image, ContentStore store) throws StorageException {
        for (Digest layer : image.layers()) {
            if (!blobs.containsKey(layer) && !store.hasBlob(layer)) {
                throw new StorageException.Conflict("the layer " + layer + " was deleted during the load");
            }
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        var files = new ArrayList<>(blobs.values());
        files.addAll(roots.values());
        for (StagedFile file : files) {
            try {
                file.close();
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
