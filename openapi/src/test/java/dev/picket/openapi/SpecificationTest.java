package dev.picket.openapi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.picket.api.ControlPlane;
import dev.picket.api.client.ApiClient;
import dev.picket.api.listen.ListenAddress;
import dev.picket.service.system.Service;
import dev.picket.service.system.ServiceSettings;
import dev.picket.service.worker.WorkerLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Holds the specification that is checked in against the one that the running application gives. With {@code
 * -Dpicket.openapi.write=true} it writes the file instead.
 */
class SpecificationTest {
    private static final Path FILE = Path.of("picket.yaml");

    @TempDir
    private Path directory;

    @Test
    void the_specification_that_is_checked_in_is_that_of_the_application() throws Exception {
        String current = specification();
        if (Boolean.getBoolean("picket.openapi.write")) {
            Files.writeString(FILE, current);
        }
        assertEquals(
                Files.readString(FILE),
                current,
                "openapi/picket.yaml is stale; run: mvn -pl openapi -am test -Dpicket.openapi.write=true");
    }

    private String specification() throws Exception {
        // No worker is started: nothing is run.
        var workers =
                new WorkerLayout(Path.of(System.getProperty("java.home"), "bin", "java"), List.of(), null, directory);
        var settings =
                new ServiceSettings(directory.resolve("data"), directory.resolve("run"), "auto", false, 0, workers);
        var address = new ListenAddress.Unix(directory.resolve("s"));
        var service = CompletableFuture.supplyAsync(() -> Service.open(settings));
        try (var ignored = ControlPlane.start(service, List.of(address), true)) {
            byte[] answer = new ApiClient(address).call("GET", "/openapi.yaml", null);
            return new String(answer, StandardCharsets.UTF_8);
        }
    }
}
