package dev.picket.storage.image;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Decompression;
import dev.picket.storage.layer.FileTree;
import dev.picket.storage.layer.LayerLimits;
import dev.picket.storage.oci.ConfigChanges;
import dev.picket.storage.oci.ConfigJson;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImageConfig;
import dev.picket.storage.oci.Reference;
import dev.picket.storage.oci.RunConfig;
import dev.picket.storage.state.ImageRecord;
import dev.picket.storage.state.ImageRecords;
import dev.picket.storage.store.ContentStore;
import dev.picket.storage.store.StagedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images that are here. Thread-safe; everything blocks, and {@link #importTar} and {@link #load} do so for as long
 * as the archive takes to come in: run them where that is allowed. They end early when the stream fails, or the thread is
 * interrupted; then nothing is kept.
 */
public final class Images {
    private static final Logger LOG = LoggerFactory.getLogger(Images.class);
    private static final int MAX_CONFIG_BYTES = 8 << 20;

    private final ContentStore store;
    private final ImageRecords records;
    private final LayerLimits limits;
    private final Optional<HostImage> hostImage;
    private final Clock clock;
    private final RootBuilder builder;
    private final ReentrantLock building = new ReentrantLock();
    private final ReentrantLock changes = new ReentrantLock();
    private final Map<Digest, ImageConfig> configs = new ConcurrentHashMap<>();

    private Images(
            ContentStore store, ImageRecords records, LayerLimits limits, Optional<HostImage> hostImage, Clock clock) {
        this.store = store;
        this.records = records;
        this.limits = limits;
        this.hostImage = hostImage;
        this.clock = clock;
        this.builder = new RootBuilder(store, limits);
    }

    /**
     * Opens what is in {@code store} and {@code records}, and deletes content that no image has: leftovers of a crash.
     *
     * @param hostImage the built-in image, if it is switched on
     */
    public static Images open(
            ContentStore store, ImageRecords records, LayerLimits limits, Optional<HostImage> hostImage, Clock clock)
            throws StorageException {
        try {
            var blobs = new HashSet<>(records.layersInUse());
            records.list().forEach(image -> blobs.add(image.id()));
            store.retainOnly(blobs, records.chainsInUse());
        } catch (IOException e) {
            throw StorageException.of("clearing away unused content", e);
        }
        return new Images(store, records, limits, hostImage, clock);
    }

    /**
     * Makes an image of a root file system: {@code docker import}. The archive may be compressed by gzip, bzip2 or xz.
     * {@code archive} is not closed.
     *
     * @throws StorageException.Invalid if the name, a change or the archive is
     */
    public Image importTar(ImportRequest request, InputStream archive, Progress progress) throws StorageException {
        Optional<Reference> name = request.name().isEmpty() ? Optional.empty() : Optional.of(tagOf(request.name()));
        RunConfig run = ConfigChanges.apply(RunConfig.EMPTY, request.changes());
        try (var staged = new StagedImages()) {
            StagedFile layer = receive(archive, progress);
            staged.addBlob(layer);
            byte[] configJson = ConfigJson.write(config(request, run, layer.digest()));
            Digest id = Digest.of(configJson);
            staged.addContent(store, configJson);
            building.lockInterruptibly();
            try {
                FileTree tree = builder.stack(List.of(layer.channel()), true);
                // The chain id of a single layer is its digest.
                Digest chainId = layer.digest();
                if (!store.hasRoot(chainId)) {
                    staged.addRoot(chainId, builder.write(tree, chainId, progress));
                }
                var record = new ImageRecord(id, chainId, tree.fileBytes(), now(), List.of(layer.digest()));
                staged.addImage(record, name.stream().toList());
            } finally {
                building.unlock();
            }
            commit(staged);
            return byId(id);
        } catch (IOException e) {
            throw StorageException.of("importing the image", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private ImageConfig config(ImportRequest request, RunConfig run, Digest layer) {
        Instant created = now();
        String message = request.message().isEmpty() ? "Imported from -" : request.message();
        var history = new ImageConfig.History(created, "", "", message, false);
        return new ImageConfig(request.platform(), created, "", message, run, List.of(layer), List.of(history));
    }

    private StagedFile receive(InputStream archive, Progress progress) throws IOException, StorageException {
        // Not closed: that would close the archive, which is the caller's.
        InputStream uncompressed = Decompression.open(archive);
        return store.stage(
                uncompressed, limits.archiveBytes(), done -> progress.report(Progress.Stage.RECEIVING, "", done, 0));
    }

    /**
     * Takes in the images of an archive that {@code docker save} or a tool for OCI layouts has written, all or none.
     * {@code archive} is not closed.
     *
     * @return what Docker reports as loaded, in the archive's order
     * @throws StorageException.Invalid if the archive is malformed
     */
    public List<LoadedImage> load(InputStream archive, Progress progress) throws StorageException {
        try (StagedFile received = receive(archive, progress);
                var staged = new StagedImages()) {
            building.lockInterruptibly();
            try {
                ArchiveLoader.load(received.channel(), staged, store, limits, builder, clock, progress);
            } finally {
                building.unlock();
            }
            for (LoadedImage image : staged.loaded()) {
                if (image.name().isPresent()) {
                    requireNotBuiltIn(image.name().get());
                }
            }
            commit(staged);
            return staged.loaded();
        } catch (IOException e) {
            throw StorageException.of("loading images", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void commit(StagedImages staged) throws IOException, StorageException {
        changes.lock();
        try {
            staged.commit(store, records);
        } finally {
            changes.unlock();
        }
    }

    private static StorageException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new StorageException.Failed("interrupted", e);
    }

    /** All images, the latest added first, the built-in one at the end. Damaged ones are left out, with a warning. */
    public List<Image> list() throws StorageException {
        Map<Digest, List<Reference>> names = records.names();
        var images = new ArrayList<Image>();
        for (ImageRecord record : records.list()) {
            try {
                images.add(image(record, names.getOrDefault(record.id(), List.of())));
            } catch (StorageException.Corrupt e) {
                LOG.warn("image {} is left out: {}", record.id(), e.getMessage());
            }
        }
        if (hostImage.isPresent()) {
            images.add(hostImage(hostImage.get()));
        }
        return List.copyOf(images);
    }

    /**
     * The image that a user means: by name (with {@code :latest} unless it says otherwise), by digest, by id, or by a
     * part of the id that only it begins with.
     *
     * @throws StorageException.NotFound if there is none
     * @throws StorageException.Invalid if it cannot be a name, or several ids begin so
     */
    public Image inspect(String nameOrId) throws StorageException {
        return byId(resolve(nameOrId));
    }

    private Digest resolve(String nameOrId) throws StorageException {
        String hex = nameOrId.startsWith("sha256:") ? nameOrId.substring("sha256:".length()) : nameOrId;
        if (Digest.isHex(hex)) {
            var id = new Digest(hex);
            boolean known = isHostImage(id) || records.find(id).isPresent();
            if (!known) {
                throw new StorageException.NotFound("No such image: " + nameOrId);
            }
            return id;
        }
        Optional<Digest> named = Optional.empty();
        StorageException.Invalid malformed = null;
        Reference reference = null;
        try {
            reference = Reference.parse(nameOrId).tagged();
            named = byName(reference);
        } catch (StorageException.Invalid e) {
            // "sha256:ab12" is no name, but may begin an id.
            malformed = e;
        }
        if (named.isPresent()) {
            return named.get();
        }
        if (Digest.isHexPrefix(hex)) {
            Optional<Digest> unique = byPrefix(hex);
            if (unique.isPresent()) {
                return unique.get();
            }
        } else if (malformed != null) {
            throw malformed;
        }
        throw new StorageException.NotFound("No such image: " + (reference == null ? nameOrId : reference.familiar()));
    }

    private Optional<Digest> byName(Reference reference) throws StorageException {
        if (!reference.digest().isEmpty()) {
            // With both, the digest decides, as in Docker.
            return records.byName(reference.withDigest(Digest.parse(reference.digest())));
        }
        if (hostImage.isPresent() && reference.equals(HostImage.NAME)) {
            return Optional.of(hostImage.get().id());
        }
        return records.byName(reference);
    }

    private Optional<Digest> byPrefix(String hexPrefix) throws StorageException {
        var ids = new ArrayList<>(records.byPrefix(hexPrefix));
        if (hostImage.isPresent() && hostImage.get().id().hex().startsWith(hexPrefix)) {
            ids.add(hostImage.get().id());
        }
        if (ids.size() > 1) {
            throw new StorageException.Invalid("multiple IDs found with provided prefix: " + hexPrefix);
        }
        return ids.stream().findFirst();
    }

    private boolean isHostImage(Digest id) {
        return hostImage.isPresent() && hostImage.get().id().equals(id);
    }

    private Image byId(Digest id) throws StorageException {
        if (isHostImage(id)) {
            return hostImage(hostImage.get());
        }
        ImageRecord record = records.find(id).orElseThrow(() -> new StorageException.NotFound("No such image: " + id));
        return image(record, records.namesOf(id));
    }

    private Image image(ImageRecord record, List<Reference> names) throws StorageException {
        ImageConfig config = configs.get(record.id());
        if (config == null) {
            config = ConfigJson.parse(configJson(record.id()));
            configs.put(record.id(), config);
        }
        return new Image(record.id(), config, record.sizeBytes(), record.added(), names, false);
    }

    private Image hostImage(HostImage host) throws StorageException {
        var names = new ArrayList<Reference>(List.of(HostImage.NAME));
        names.addAll(records.namesOf(host.id()));
        return new Image(host.id(), host.config(), 0, host.config().created(), List.copyOf(names), true);
    }

    /** The configuration as it came, byte for byte: what the image's id is the digest of. */
    public byte[] configJson(Digest id) throws StorageException {
        if (isHostImage(id)) {
            return hostImage.get().configJson();
        }
        try {
            return store.readBlob(id, MAX_CONFIG_BYTES);
        } catch (IOException e) {
            throw StorageException.of("reading the configuration of image " + id, e);
        }
    }

    /**
     * What the root of a sandbox is made of. Quick, unless the file system was lost and is made again from the layers.
     *
     * @throws StorageException.NotFound if there is no such image
     */
    public ImageRoot root(Digest id) throws StorageException {
        if (isHostImage(id)) {
            return new ImageRoot.HostTree(hostImage.get().entries());
        }
        ImageRecord record = records.find(id).orElseThrow(() -> new StorageException.NotFound("No such image: " + id));
        if (!store.hasRoot(record.chainId())) {
            rebuild(record);
        }
        return new ImageRoot.ErofsFile(store.rootImage(record.chainId()));
    }

    private void rebuild(ImageRecord record) throws StorageException {
        LOG.info("making the file system of image {} again", record.id());
        var layers = new ArrayList<FileChannel>();
        try {
            building.lockInterruptibly();
            try {
                for (Digest layer : record.layers()) {
                    layers.add(store.openBlob(layer));
                }
                FileTree tree = builder.stack(layers, false);
                try (StagedFile root = builder.write(tree, record.chainId(), Progress.NONE)) {
                    addRoot(record, root);
                }
            } finally {
                for (FileChannel layer : layers) {
                    layer.close();
                }
                building.unlock();
            }
        } catch (IOException e) {
            throw StorageException.of("making the file system of image " + record.id(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void addRoot(ImageRecord record, StagedFile root) throws IOException, StorageException {
        changes.lock();
        try {
            if (records.find(record.id()).isEmpty()) {
                throw new StorageException.NotFound("No such image: " + record.id());
            }
            store.addRoot(record.chainId(), root);
        } finally {
            changes.unlock();
        }
    }

    /**
     * Gives an image another name; one that is in use moves.
     *
     * @param name {@code repository[:tag]}
     */
    public void tag(String nameOrId, String name) throws StorageException {
        Reference reference = tagOf(name);
        changes.lock();
        try {
            records.add(List.of(), Map.of(reference, resolve(nameOrId)));
            records.sync();
        } finally {
            changes.unlock();
        }
    }

    private Reference tagOf(String name) throws StorageException {
        Reference reference = Reference.parse(name);
        if (!reference.digest().isEmpty()) {
            throw new StorageException.Invalid("refusing to create a tag with a digest reference");
        }
        Reference tagged = reference.tagged();
        requireNotBuiltIn(tagged);
        return tagged;
    }

    private void requireNotBuiltIn(Reference name) throws StorageException {
        if (hostImage.isPresent() && name.equals(HostImage.NAME)) {
            throw new StorageException.Conflict(
                    "the name " + name + " belongs to the built-in image, see --no-host-image");
        }
    }

    /**
     * Removes a name, and with its last name the image; or, given an id, the image with its names: {@code docker rmi}.
     *
     * @param force also if stopped containers use it, or an id has names in several repositories
     * @throws StorageException.Conflict if it is in use, in Docker's words
     */
    public List<Deletion> delete(String nameOrId, boolean force, ImageUsers users) throws StorageException {
        changes.lock();
        try {
            Image image = inspect(nameOrId);
            var deletion = new ImageDeletion(store, records, image, force, users);
            List<Deletion> effects = deletion.run(nameOrId);
            if (records.find(image.id()).isEmpty()) {
                configs.remove(image.id());
            }
            records.sync();
            return effects;
        } catch (IOException e) {
            throw StorageException.of("deleting the image " + nameOrId, e);
        } finally {
            changes.unlock();
        }
    }

    private Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }
}
