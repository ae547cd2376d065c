package dev.picket.api.command;

import dev.picket.api.client.ApiClient;
import dev.picket.api.listen.ListenAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Does a little of everything once, so that the build can archive the classes that takes (AppCDS). */
@Command(name = "warm-up", hidden = true, description = "Runs through the service once, for the class archives.")
final class WarmUpCommand implements Callable<Integer> {
    private static final long CLIENT_SECONDS = 60;

    @Option(names = "--data", required = true)
    private Path data;

    @Parameters(paramLabel = "COMMAND", description = "A client to run too; the service's address is appended.")
    private List<String> client = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        var directories = Directories.of(data);
        var address = new ListenAddress.Unix(directories.run().resolve("warm-up.sock"));
        try (var service = EmbeddedService.start(directories, List.of(address), "auto", true, 1, true)) {
            var api = new ApiClient(address);
            for (String path : List.of("/_ping", "/version", "/info", "/images/json", "/containers/json")) {
                api.call("GET", path, null);
            }
            // Whether it succeeds does not matter here: the classes are loaded either way.
            Main.execute("run", "--host", address.toString(), "host", "--", "true");
            if (!client.isEmpty()) {
                runClient(address);
            }
        }
        return 0;
    }

    private void runClient(ListenAddress address) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(client);
        command.addAll(List.of("run", "--host", address.toString(), "host", "--", "true"));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(CLIENT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
