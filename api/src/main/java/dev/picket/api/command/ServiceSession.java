package dev.picket.api.command;

import dev.picket.api.client.ApiClient;
import dev.picket.api.listen.ListenAddress;
import dev.picket.service.failure.Failure;
import java.io.IOException;
import java.util.List;

/** A service to speak to: one that is up, or else one of our own, which ends with the session. */
final class ServiceSession implements AutoCloseable {
    /** How long two commands that start at once wait for each other. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private static final long RETRY_MILLIS = 50;

    private final ApiClient client;
    /** Null if the service is somebody else's. */
    private final EmbeddedService embedded;

    private ServiceSession(ApiClient client, EmbeddedService embedded) {
        this.client = client;
        this.embedded = embedded;
    }

    /**
     * Finds or starts a service of a data directory.
     *
     * @throws Failure.Unavailable if another one holds the directory and does not answer
     */
    static ServiceSession open(Directories directories, String platform, int warmWorkers)
            throws IOException, InterruptedException {
        var addresses = new ServiceAddresses(directories.addresses());
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            var found = addresses.findService();
            if (found.isPresent()) {
                return new ServiceSession(found.get(), null);
            }
            if (FullProcess.isNeeded()) {
                throw new NoServiceException();
            }
            try {
                return start(directories, platform, warmWorkers);
            } catch (Failure.Unavailable e) {
                // Somebody holds the directory: one that is about to listen, or about to end.
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    private static ServiceSession start(Directories directories, String platform, int warmWorkers) throws IOException {
        var socket = directories.run().resolve("run-" + ProcessHandle.current().pid() + ".sock");
        var address = new ListenAddress.Unix(socket);
        var embedded = EmbeddedService.start(directories, List.of(address), platform, true, warmWorkers, false);
        return new ServiceSession(new ApiClient(address), embedded);
    }

    ApiClient client() {
        return client;
    }

    /** Ends our own service, after everybody who has found it meanwhile. */
    @Override
    public void close() throws IOException, InterruptedException {
        if (embedded != null) {
            embedded.drain();
            embedded.close();
        }
    }
}
