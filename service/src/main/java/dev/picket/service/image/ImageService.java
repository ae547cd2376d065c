package dev.picket.service.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/** Everything one can do with images. All calls may block on the disk. Failures as in {@code ContainerService}. */
public final class ImageService {
    /** @param filters reference, dangling, label, before, since */
    public List<Image> list(Map<String, List<String>> filters) {
        throw new UnsupportedOperationException();
    }

    /** By reference, id or prefix of an id. @throws dev.picket.service.failure.Failure.NotFound "No such image: x:latest" */
    public Image inspect(String image) {
        throw new UnsupportedOperationException();
    }

    /** How many containers were made from an image, by its id. */
    public long containers(String imageId) {
        throw new UnsupportedOperationException();
    }

    /**
     * Loads what {@code docker save} or an OCI tool wrote.
     *
     * @return one line each, such as {@code Loaded image: busybox:latest}
     */
    public List<String> load(InputStream archive) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes an image of one layer from a tar of a root file system.
     *
     * @param reference {@code name[:tag]}, or null for none
     * @param changes Dockerfile instructions (CMD, ENTRYPOINT, ENV, WORKDIR, USER, LABEL, EXPOSE, ...)
     * @return the id
     */
    public String importArchive(InputStream tar, String reference, List<String> changes, String message)
            throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Gives an image one more name. */
    public void tag(String image, String reference) {
        throw new UnsupportedOperationException();
    }

    /** Removes a tag, and the image if it was its last; not while containers use it, unless {@code force}d. */
    public List<ImageDeletion> remove(String image, boolean force) {
        throw new UnsupportedOperationException();
    }

    /** Writes images as {@code docker save} does. */
    public void save(List<String> images, OutputStream archive) throws IOException {
        throw new UnsupportedOperationException();
    }
}
