package dev.picket.service.image;

import dev.picket.sentry.control.Command;
import dev.picket.service.event.Events;
import dev.picket.service.failure.Failure;
import dev.picket.service.worker.HostFile;
import dev.picket.storage.failure.StorageException;
import dev.picket.storage.image.Deletion;
import dev.picket.storage.image.HostEntry;
import dev.picket.storage.image.ImageRoot;
import dev.picket.storage.image.ImageUsers;
import dev.picket.storage.image.Images;
import dev.picket.storage.image.ImportRequest;
import dev.picket.storage.image.LoadedImage;
import dev.picket.storage.image.Progress;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.ImagePlatform;
import dev.picket.storage.oci.RunConfig;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Everything one can do with images. All calls may block on the disk. Failures as in {@code ContainerService}. */
public final class ImageService implements ImageSource {
    private final Images images;
    private final Events events;
    private volatile ImageUsers users = ImageUsers.NONE;

    public ImageService(Images images, Events events) {
        this.images = images;
        this.events = events;
    }

    /** Sets who tells which containers use an image; they exist later than the images. */
    public void setUsers(ImageUsers newUsers) {
        users = newUsers;
    }

    /** @param filters reference, dangling, label, before, since */
    public List<Image> list(Map<String, List<String>> filters) {
        try {
            List<Image> all = images.list().stream().map(ImageService::imageOf).toList();
            var wanted = new ImageFilters(filters, this);
            return all.stream().filter(wanted::accepts).toList();
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    @Override
    public Image inspect(String image) {
        try {
            return imageOf(images.inspect(image));
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    @Override
    public RootFiles open(String imageId) {
        try {
            ImageRoot root = images.root(new Digest(imageId.substring("sha256:".length())));
            if (root instanceof ImageRoot.ErofsFile file) {
                return new RootFiles(new Command.Root.Image(0), List.of(HostFile.open(file.path())));
            }
            return openTree(((ImageRoot.HostTree) root).entries());
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    private static RootFiles openTree(List<HostEntry> entries) {
        List<Command.HostEntry> shown = new ArrayList<>();
        List<HostFile> files = new ArrayList<>();
        boolean complete = false;
        try {
            for (HostEntry entry : entries) {
                if (entry instanceof HostEntry.Link link) {
                    shown.add(new Command.HostEntry(link.guestPath(), -1, link.target()));
                } else if (entry instanceof HostEntry.Tree tree) {
                    shown.add(new Command.HostEntry(tree.guestPath(), files.size(), null));
                    files.add(HostFile.open(tree.hostPath()));
                }
            }
            complete = true;
            return new RootFiles(new Command.Root.HostDirectories(shown), files);
        } finally {
            if (!complete) {
                files.forEach(HostFile::close);
            }
        }
    }

    /** How many containers were made from an image, by its id. */
    public long containers(String imageId) {
        return users.of(new Digest(imageId.substring("sha256:".length()))).size();
    }

    /**
     * Loads what {@code docker save} or an OCI tool wrote.
     *
     * @return one line each, such as {@code Loaded image: busybox:latest}
     */
    public List<String> load(InputStream archive) {
        try {
            List<String> lines = new ArrayList<>();
            for (LoadedImage loaded : images.load(archive, Progress.NONE)) {
                lines.add(loaded.name()
                        .map(name -> "Loaded image: " + name.familiar())
                        .orElse("Loaded image ID: " + loaded.id()));
                publish("load", loaded.id().toString());
            }
            return lines;
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    /**
     * Makes an image of one layer from a tar of a root file system.
     *
     * @param reference {@code name[:tag]}, or null for none
     * @param changes Dockerfile instructions (CMD, ENTRYPOINT, ENV, WORKDIR, USER, LABEL, EXPOSE, ...)
     * @return the id
     */
    public String importArchive(InputStream tar, String reference, List<String> changes, String message) {
        var request = new ImportRequest(
                reference == null ? "" : reference,
                changes == null ? List.of() : changes,
                message == null ? "" : message,
                ImagePlatform.LINUX_AMD64);
        try {
            String id = images.importTar(request, tar, Progress.NONE).id().toString();
            publish("import", id);
            return id;
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    /** Gives an image one more name. */
    public void tag(String image, String reference) {
        try {
            images.tag(image, reference);
            publish("tag", inspect(image).id());
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    /** Removes a tag, and the image if it was its last; not while containers use it, unless {@code force}d. */
    public List<ImageDeletion> remove(String image, boolean force) {
        try {
            List<ImageDeletion> effects = new ArrayList<>();
            String id = images.inspect(image).id().toString();
            for (Deletion effect : images.delete(image, force, users)) {
                if (effect instanceof Deletion.Untagged untagged) {
                    effects.add(new ImageDeletion(untagged.name(), null));
                    publish("untag", id);
                } else if (effect instanceof Deletion.Deleted deleted) {
                    effects.add(new ImageDeletion(null, deleted.digest()));
                }
            }
            if (effects.stream().anyMatch(effect -> effect.deleted() != null)) {
                publish("delete", id);
            }
            return effects;
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    /** Writes images as {@code docker save} does: not available yet. */
    public void save(List<String> names, OutputStream archive) {
        names.forEach(this::inspect);
        throw new Failure.NotImplemented("saving images is not available yet");
    }

    private void publish(String action, String id) {
        events.publish("image", action, id, Map.of("name", id));
    }

    private static Image imageOf(dev.picket.storage.image.Image image) {
        RunConfig run = image.config().run();
        return new Image(
                image.id().toString(),
                image.repoTags(),
                image.repoDigests(),
                image.config().created() == null
                        ? image.added()
                        : image.config().created(),
                image.sizeBytes(),
                image.config().platform().architecture(),
                image.config().platform().os(),
                image.config().comment(),
                image.config().author(),
                new Image.Configuration(
                        run.entrypoint(),
                        run.command(),
                        run.environment(),
                        run.workingDirectory(),
                        run.user(),
                        run.labels(),
                        run.stopSignal(),
                        run.exposedPorts(),
                        run.volumes()),
                image.config().layers().stream().map(Digest::toString).toList(),
                image.builtIn());
    }
}
