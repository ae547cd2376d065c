package dev.picket.api;

import dev.picket.api.client.ApiClient;
import dev.picket.api.command.TestInstallation;
import dev.picket.api.listen.ListenAddress;
import dev.picket.service.system.Service;
import dev.picket.service.system.ServiceSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A whole control plane in this process, on a unix socket and a TCP port, with data of its own. */
final class RunningApi implements AutoCloseable {
    private final ControlPlane controlPlane;

    /** @param directory short enough that a socket in it has a valid name */
    RunningApi(Path directory, int warmWorkers) throws IOException {
        var settings = new ServiceSettings(
                directory.resolve("data"),
                directory.resolve("run"),
                "auto",
                true,
                warmWorkers,
                TestInstallation.workers());
        var opening = CompletableFuture.supplyAsync(() -> Service.open(settings));
        controlPlane = ControlPlane.start(
                opening,
                List.of(new ListenAddress.Unix(directory.resolve("p.sock")), ListenAddress.parse("tcp://127.0.0.1:0")),
                true);
    }

    ListenAddress unix() {
        return controlPlane.addresses().get(0);
    }

    ListenAddress.Tcp tcp() {
        return (ListenAddress.Tcp) controlPlane.addresses().get(1);
    }

    ApiClient client() {
        return new ApiClient(unix());
    }

    @Override
    public void close() {
        controlPlane.close();
    }
}
