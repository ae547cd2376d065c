package dev.picket.storage.image;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Decompression;
import dev.picket.storage.layer.FileData;
import dev.picket.storage.layer.FileTree;
import dev.picket.storage.layer.LayerLimits;
import dev.picket.storage.oci.ConfigJson;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImageConfig;
import dev.picket.storage.oci.ImagePlatform;
import dev.picket.storage.oci.Manifests;
import dev.picket.storage.oci.Manifests.Descriptor;
import dev.picket.storage.oci.Manifests.Manifest;
import dev.picket.storage.oci.Manifests.SavedImage;
import dev.picket.storage.oci.Reference;
import dev.picket.storage.state.ImageRecord;
import dev.picket.storage.store.ContentStore;
import dev.picket.storage.store.StagedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads an archive of images: what {@code docker save} writes, or an OCI image layout. */
final class ArchiveLoader {
    private static final int MAX_DOCUMENT_BYTES = 8 << 20;
    private static final int MAX_INDEX_DEPTH = 3;
    private static final String SAVED_IMAGES = "manifest.json";
    private static final String OCI_INDEX = "index.json";

    private final ContentStore store;
    private final LayerLimits limits;
    private final RootBuilder builder;
    private final Clock clock;
    private final Progress progress;
    private final ArchiveIndex archive;
    private final StagedImages staged;
    /** By path in the archive: layers that several images share are unpacked once. */
    private final Map<String, Digest> unpacked = new HashMap<>();

    private ArchiveLoader(
            ContentStore store,
            LayerLimits limits,
            RootBuilder builder,
            Clock clock,
            Progress progress,
            ArchiveIndex archive,
            StagedImages staged) {
        this.store = store;
        this.limits = limits;
        this.builder = builder;
        this.clock = clock;
        this.progress = progress;
        this.archive = archive;
        this.staged = staged;
    }

    /** Adds all images of {@code archiveFile} to {@code staged}. The caller holds {@code building}. */
    static void load(
            FileChannel archiveFile,
            StagedImages staged,
            ContentStore store,
            LayerLimits limits,
            RootBuilder builder,
            Clock clock,
            Progress progress)
            throws IOException, StorageException {
        ArchiveIndex index = ArchiveIndex.of(archiveFile);
        var loader = new ArchiveLoader(store, limits, builder, clock, progress, index, staged);
        // Docker's newer archives have both; manifest.json says more about names.
        if (index.find(SAVED_IMAGES).isPresent()) {
            loader.loadSavedImages();
        } else if (index.find(OCI_INDEX).isPresent()) {
            loader.loadIndex(loader.archive.read(OCI_INDEX, MAX_DOCUMENT_BYTES), 0);
        } else {
            throw new StorageException.Invalid(
                    "not an archive of images: it has neither " + SAVED_IMAGES + " nor " + OCI_INDEX);
        }
        if (staged.loaded().isEmpty()) {
            throw new StorageException.Invalid("the archive holds no image");
        }
    }

    private void loadSavedImages() throws IOException, StorageException {
        for (SavedImage image : Manifests.parseSavedImages(archive.read(SAVED_IMAGES, MAX_DOCUMENT_BYTES))) {
            var names = new ArrayList<Reference>();
            for (String tag : image.tags()) {
                names.add(Reference.parse(tag).tagged());
            }
            add(archive.read(image.config(), MAX_DOCUMENT_BYTES), image.layers(), names);
        }
    }

    private void loadIndex(byte[] json, int depth) throws IOException, StorageException {
        if (depth == MAX_INDEX_DEPTH) {
            throw new StorageException.Invalid("the archive's image indexes are nested too deeply");
        }
        for (Descriptor descriptor : Manifests.parseIndex(json)) {
            if (descriptor.isIndex()) {
                loadPlatformOf(descriptor, depth + 1);
            } else if (descriptor.isManifest() && isOurs(descriptor)) {
                loadManifest(descriptor, descriptor.name());
            }
        }
    }

    private static boolean isOurs(Descriptor descriptor) {
        return descriptor.platform() == null || ImagePlatform.LINUX_AMD64.accepts(descriptor.platform());
    }

    /** An index with a name stands for one image in several forms. */
    private void loadPlatformOf(Descriptor index, int depth) throws IOException, StorageException {
        byte[] json = blob(index);
        if (index.name().isEmpty()) {
            loadIndex(json, depth);
            return;
        }
        Optional<Descriptor> chosen = Manifests.choose(
                Manifests.parseIndex(json).stream()
                        .filter(Descriptor::isManifest)
                        .toList(),
                ImagePlatform.LINUX_AMD64);
        if (chosen.isEmpty()) {
            throw new StorageException.Invalid(
                    "the image " + index.name() + " has no form for " + ImagePlatform.LINUX_AMD64);
        }
        loadManifest(chosen.get(), index.name());
    }

    private void loadManifest(Descriptor descriptor, String name) throws IOException, StorageException {
        Manifest manifest = Manifests.parseManifest(blob(descriptor));
        byte[] config = blob(manifest.config());
        var layers = new ArrayList<String>();
        for (Descriptor layer : manifest.layers()) {
            layers.add(blobPath(layer.digest()));
        }
        var names = new ArrayList<Reference>();
        // The OCI annotation may hold a mere tag, which names no image.
        if (name.indexOf('/') >= 0 || name.indexOf(':') >= 0) {
            Reference reference = Reference.parse(name).tagged();
            names.add(reference);
            names.add(reference.withDigest(descriptor.digest()));
        }
        add(config, layers, names);
    }

    private static String blobPath(Digest digest) {
        return "blobs/sha256/" + digest.hex();
    }

    /** A document of an OCI layout, checked against its digest. */
    private byte[] blob(Descriptor descriptor) throws IOException, StorageException {
        byte[] content = archive.read(blobPath(descriptor.digest()), MAX_DOCUMENT_BYTES);
        if (!Digest.of(content).equals(descriptor.digest())) {
            throw new StorageException.Invalid(
                    "the content of " + blobPath(descriptor.digest()) + " in the archive does not have that digest");
        }
        return content;
    }

    private void add(byte[] configJson, List<String> layerPaths, List<Reference> names)
            throws IOException, StorageException {
        ImageConfig config = ConfigJson.parse(configJson);
        if (config.layers().size() != layerPaths.size()) {
            throw new StorageException.Invalid("invalid manifest, layers length mismatch: expected "
                    + config.layers().size() + ", got " + layerPaths.size());
        }
        for (int i = 0; i < layerPaths.size(); i++) {
            receiveLayer(i, layerPaths.get(i), config.layers().get(i));
        }
        staged.addContent(store, configJson);
        long fileBytes = build(config);
        var record = new ImageRecord(
                Digest.of(configJson),
                config.chainId(),
                fileBytes,
                Instant.ofEpochMilli(clock.millis()),
                config.layers());
        staged.addImage(record, names);
    }

    private void receiveLayer(int number, String path, Digest expected) throws IOException, StorageException {
        Digest actual = unpacked.get(path);
        if (actual == null) {
            Optional<FileData> data = archive.find(path);
            if (data.isEmpty() && store.hasBlob(expected)) {
                return;
            }
            actual = unpack(archive.require(path), expected);
            unpacked.put(path, actual);
        }
        if (!actual.equals(expected)) {
            throw new StorageException.Invalid(
                    "invalid diffID for layer " + number + ": expected \"" + expected + "\", got \"" + actual + "\"");
        }
    }

    private Digest unpack(FileData data, Digest expected) throws IOException, StorageException {
        String item = expected.shortHex();
        try (InputStream stream = Decompression.open(data.stream())) {
            StagedFile layer = store.stage(
                    stream,
                    limits.archiveBytes(),
                    done -> progress.report(Progress.Stage.UNPACKING, item, done, data.sizeBytes()));
            Digest digest = layer.digest();
            staged.addBlob(layer);
            return digest;
        }
    }

    private long build(ImageConfig config) throws IOException, StorageException {
        var opened = new ArrayList<FileChannel>();
        try {
            var layers = new ArrayList<FileChannel>();
            for (Digest layer : config.layers()) {
                Optional<StagedFile> received = staged.blob(layer);
                if (received.isPresent()) {
                    layers.add(received.get().channel());
                } else {
                    FileChannel stored = store.openBlob(layer);
                    opened.add(stored);
                    layers.add(stored);
                }
            }
            FileTree tree = builder.stack(layers, false);
            Digest chainId = config.chainId();
            if (!staged.hasRoot(chainId) && !store.hasRoot(chainId)) {
                staged.addRoot(chainId, builder.write(tree, chainId, progress));
            }
            return tree.fileBytes();
        } finally {
            for (FileChannel channel : opened) {
                channel.close();
            }
        }
    }
}
