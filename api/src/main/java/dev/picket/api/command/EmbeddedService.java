package dev.picket.api.command;

import dev.picket.api.ControlPlane;
import dev.picket.api.listen.ListenAddress;
import dev.picket.service.system.Service;
import dev.picket.service.system.ServiceSettings;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/** A whole service in this process: what {@code serve} is, and what {@code run} starts when there is none. */
final class EmbeddedService implements AutoCloseable {
    private static final long DRAIN_POLL_MILLIS = 20;

    private final ControlPlane controlPlane;
    private final ServiceAddresses addresses;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedService(ControlPlane controlPlane, ServiceAddresses addresses) {
        this.controlPlane = controlPlane;
        this.addresses = addresses;
    }

    /**
     * Starts it, and arranges that it ends with this process.
     *
     * @throws dev.picket.service.failure.Failure.Unavailable if the data directory or an address is in use
     */
    static EmbeddedService start(
            Directories directories,
            List<ListenAddress> listen,
            String platform,
            boolean hostImage,
            int warmWorkers,
            boolean specification)
            throws IOException {
        var settings = new ServiceSettings(
                directories.data(), directories.run(), platform, hostImage, warmWorkers, Installation.workers());
        // Set up by one thread, before two log.
        LoggerFactory.getILoggerFactory();
        var opening = new CompletableFuture<Service>();
        new Thread(() -> open(settings, opening), "open").start();
        // Closes the service if it fails.
        ControlPlane controlPlane = ControlPlane.start(opening, listen, specification);
        var embedded = new EmbeddedService(controlPlane, new ServiceAddresses(directories.addresses()));
        Runtime.getRuntime().addShutdownHook(new Thread(embedded::close, "close"));
        embedded.addresses.write(controlPlane.addresses());
        return embedded;
    }

    private static void open(ServiceSettings settings, CompletableFuture<Service> opening) {
        try {
            opening.complete(Service.open(settings));
        } catch (RuntimeException | Error e) {
            opening.completeExceptionally(e);
        }
    }

    List<ListenAddress> addresses() {
        return controlPlane.addresses();
    }

    /** Waits until no client is connected any more. New ones no longer find us. */
    void drain() throws IOException, InterruptedException {
        addresses.remove();
        while (controlPlane.openConnections() > 0) {
            Thread.sleep(DRAIN_POLL_MILLIS);
        }
    }

    /** Ends the service, its containers and workers. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            addresses.remove();
        } catch (IOException e) {
            System.err.println("picket: cannot remove " + addresses.file() + ": " + e.getMessage());
        } finally {
            controlPlane.close();
        }
    }
}
