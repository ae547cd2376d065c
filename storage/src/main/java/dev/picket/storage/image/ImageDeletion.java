package dev.picket.storage.image;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImageConfig;
import dev.picket.storage.oci.Reference;
import dev.picket.storage.state.ImageRecords;
import dev.picket.storage.store.ContentStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One {@code docker rmi}, by Docker's rules: what names go, when the image goes with them, and what forbids it. The caller
 * holds {@code changes}.
 */
final class ImageDeletion {
    private final ContentStore store;
    private final ImageRecords records;
    private final Image image;
    private final boolean force;
    private final List<ImageUsers.User> users;
    private final List<Deletion> effects = new ArrayList<>();

    ImageDeletion(ContentStore store, ImageRecords records, Image image, boolean force, ImageUsers users) {
        this.store = store;
        this.records = records;
        this.image = image;
        this.force = force;
        this.users = users.of(image.id());
    }

    /** @param asked the user's words for {@link #image}, which decide whether only a name is meant */
    List<Deletion> run(String asked) throws IOException, StorageException {
        boolean byId =
                image.id().hex().startsWith(asked) || image.id().toString().startsWith(asked);
        if (byId) {
            removeAll();
        } else {
            removeName(asked);
        }
        return List.copyOf(effects);
    }

    private void removeAll() throws IOException, StorageException {
        requireNotBuiltIn();
        requireNotRunning();
        if (!force) {
            requireNotUsed();
            if (!isSingleReference(image.names())) {
                throw conflict(false, "image is referenced in multiple repositories");
            }
        }
        untag(image.names());
        deleteImage();
    }

    private void removeName(String asked) throws IOException, StorageException {
        Reference parsed = Reference.parse(asked).tagged();
        Reference name =
                parsed.digest().isEmpty() ? parsed : new Reference(parsed.domain(), parsed.path(), "", parsed.digest());
        if (name.equals(HostImage.NAME)) {
            requireNotBuiltIn();
        }
        var removed = new ArrayList<>(List.of(name));
        var remaining = new ArrayList<>(image.names());
        remaining.remove(name);
        // With the last tag of a repository its digests go too.
        boolean lastTag = name.digest().isEmpty()
                && remaining.stream()
                        .noneMatch(other ->
                                sameRepository(name, other) && !other.tag().isEmpty());
        if (lastTag) {
            remaining.stream().filter(other -> sameRepository(name, other)).forEach(removed::add);
            remaining.removeAll(removed);
        }
        boolean imageGoes = remaining.isEmpty() && !image.builtIn();
        if (imageGoes) {
            requireNotRunningBehind(asked);
        }
        untag(removed);
        if (imageGoes) {
            deleteImage();
        }
    }

    private void requireNotRunningBehind(String asked) throws StorageException {
        if (!force && !users.isEmpty()) {
            throw new StorageException.Conflict("conflict: unable to remove repository reference \"" + asked
                    + "\" (must force) - container " + shortId(users.get(0)) + " is using its referenced image "
                    + image.id().shortHex());
        }
        requireNotRunning();
    }

    private void requireNotBuiltIn() throws StorageException {
        if (image.builtIn()) {
            throw conflict(true, "image is built in, see --no-host-image");
        }
    }

    private void requireNotRunning() throws StorageException {
        Optional<ImageUsers.User> running =
                users.stream().filter(ImageUsers.User::running).findFirst();
        if (running.isPresent()) {
            throw conflict(true, "image is being used by running container " + shortId(running.get()));
        }
    }

    private void requireNotUsed() throws StorageException {
        if (!users.isEmpty()) {
            throw conflict(false, "image is being used by stopped container " + shortId(users.get(0)));
        }
    }

    private StorageException.Conflict conflict(boolean hard, String reason) {
        return new StorageException.Conflict("conflict: unable to delete "
                + image.id().shortHex() + (hard ? " (cannot be forced) - " : " (must be forced) - ") + reason);
    }

    private static String shortId(ImageUsers.User user) {
        return user.containerId().substring(0, Math.min(12, user.containerId().length()));
    }

    private static boolean sameRepository(Reference one, Reference other) {
        return one.repository().equals(other.repository());
    }

    /** At most one tag, and all names in one repository. */
    private static boolean isSingleReference(List<Reference> names) {
        long tags = names.stream().filter(name -> !name.tag().isEmpty()).count();
        long repositories = names.stream().map(Reference::repository).distinct().count();
        return tags <= 1 && repositories <= 1;
    }

    private void untag(List<Reference> names) throws StorageException {
        records.removeNames(names);
        names.forEach(name -> effects.add(new Deletion.Untagged(name.familiar())));
    }

    private void deleteImage() throws IOException, StorageException {
        records.remove(image.id());
        effects.add(new Deletion.Deleted(image.id().toString()));
        store.deleteBlob(image.id());
        Digest chainId = image.config().chainId();
        if (!records.chainsInUse().contains(chainId)) {
            store.deleteRoot(chainId);
        }
        Set<Digest> inUse = records.layersInUse();
        List<Digest> layers = image.config().layers();
        for (int count = layers.size(); count > 0; count--) {
            Digest layer = layers.get(count - 1);
            if (!inUse.contains(layer)) {
                store.deleteBlob(layer);
                effects.add(
                        new Deletion.Deleted(ImageConfig.chainId(layers, count).toString()));
            }
        }
    }
}
