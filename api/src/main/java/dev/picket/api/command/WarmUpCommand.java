package dev.picket.api.command;

import dev.picket.api.client.ApiClient;
import dev.picket.api.client.ApiException;
import dev.picket.api.listen.ListenAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Does a little of everything once, so that the build can archive the classes that takes (AppCDS). */
@Command(name = "warm-up", hidden = true, description = "Runs through the service once, for the class archive.")
final class WarmUpCommand implements Callable<Integer> {
    @Option(names = "--data", required = true)
    private Path data;

    @Override
    public Integer call() throws Exception {
        var directories = Directories.of(data);
        var address = new ListenAddress.Unix(directories.run().resolve("warm-up.sock"));
        try (var service = EmbeddedService.start(directories, List.of(address), "auto", true, 0)) {
            var client = new ApiClient(address);
            for (String path : List.of("/_ping", "/version", "/info", "/images/json", "/containers/json")) {
                client.call("GET", path, null);
            }
            tryRun(client);
        }
        return 0;
    }

    /** Whether it succeeds does not matter here: the classes are loaded either way. */
    private static void tryRun(ApiClient client) throws InterruptedException {
        var request = new RunRequest(
                "host", List.of("true"), List.of(), null, null, null, 0, false, false, true, false);
        try {
            new RunSession(client, request).run();
        } catch (ApiException | IOException e) {
            System.err.println("picket: the warm-up could not run a sandbox: " + e.getMessage());
        }
    }
}
