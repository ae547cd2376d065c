package dev.picket.api.command;

import dev.picket.api.client.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code picket platforms}. */
@Command(
        name = "platforms",
        description = "Lists the ways to run a sandbox, and why those that do not work here do not.",
        mixinStandardHelpOptions = true)
final class PlatformsCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print what the service answers.")
    private boolean json;

    @Option(names = "--data", paramLabel = "DIR", description = "The service's data directory.")
    private Path data;

    @Override
    public Integer call() throws Exception {
        try (var session = ServiceSession.open(Directories.of(data), "auto", 0)) {
            byte[] answer = session.client().call("GET", "/picket/v1/platforms", null);
            if (json) {
                System.out.println(new String(answer, StandardCharsets.UTF_8));
                return 0;
            }
            System.out.printf("%-10s %-10s %s%n", "PLATFORM", "STATE", "");
            for (var platform : Json.readFlatList(answer)) {
                boolean available = "true".equals(platform.get("available"));
                String remark = available
                        ? "true".equals(platform.get("default")) ? "the default" : ""
                        : platform.get("reason");
                System.out.printf("%-10s %-10s %s%n", platform.get("name"), available ? "works" : "unusable", remark);
            }
        }
        return 0;
    }
}
