package dev.picket.service.image;

import dev.picket.sentry.control.Command;
import dev.picket.service.worker.HostFile;
import java.util.List;

/** Where containers find their images: the image service, or a stand-in for it in tests. */
public interface ImageSource {
    /**
     * An image by reference, id or prefix of an id.
     *
     * @throws dev.picket.service.failure.Failure.NotFound "No such image: x:latest"
     */
    Image inspect(String image);

    /** Opens what an image's root file system is made from; the caller closes it. */
    RootFiles open(String imageId);

    /** A root file system, as a worker gets it. */
    record RootFiles(Command.Root root, List<HostFile> files) implements AutoCloseable {
        @Override
        public void close() {
            files.forEach(HostFile::close);
        }
    }
}
