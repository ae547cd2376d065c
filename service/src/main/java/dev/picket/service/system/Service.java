package dev.picket.service.system;

import dev.picket.service.container.ContainerService;
import dev.picket.service.event.Events;
import dev.picket.service.exec.ExecService;
import dev.picket.service.image.ImageService;

/**
 * The control plane without its wire: made once per process, and closed at its end, which ends every worker and container.
 */
public final class Service implements AutoCloseable {
    /**
     * Opens the data directory, reads back the containers (those that ran are exited 137 now), and begins to warm workers.
     *
     * @throws dev.picket.service.failure.Failure.Unavailable if the data directory is in use by another service
     */
    public static Service open(ServiceSettings settings) {
        throw new UnsupportedOperationException();
    }

    public ContainerService containers() {
        throw new UnsupportedOperationException();
    }

    public ExecService execs() {
        throw new UnsupportedOperationException();
    }

    public ImageService images() {
        throw new UnsupportedOperationException();
    }

    public Events events() {
        throw new UnsupportedOperationException();
    }

    public SystemService system() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
