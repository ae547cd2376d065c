package dev.picket.api.command;

import dev.picket.api.client.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code picket platforms}. */
@Command(
        name = "platforms",
        description =
                "Lists the ways to run a sandbox, what a system call and a page fault cost on each, and why those that do not "
                        + "work here do not.",
        mixinStandardHelpOptions = true)
final class PlatformsCommand implements Callable<Integer> {
    private static final String FORMAT = "%-10s %-6s %10s %10s  %s%n";

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
            print(Json.readFlatList(answer));
        }
        return 0;
    }

    private static void print(List<Map<String, String>> platforms) {
        System.out.printf(FORMAT, "PLATFORM", "WORKS", "SYSCALL", "FAULT", "");
        for (var platform : platforms) {
            boolean available = "true".equals(platform.get("available"));
            System.out.printf(
                    FORMAT,
                    platform.get("name"),
                    available ? "yes" : "no",
                    available ? micros(platform.get("syscallNanos")) : "-",
                    available ? micros(platform.get("faultNanos")) : "-",
                    remark(platform));
        }
    }

    private static String remark(Map<String, String> platform) {
        List<String> remarks = new ArrayList<>();
        if ("true".equals(platform.get("auto"))) {
            remarks.add("auto picks this one");
        } else if ("true".equals(platform.get("default"))) {
            remarks.add("the default");
        }
        if (!platform.get("reason").isEmpty()) {
            remarks.add(platform.get("reason"));
        }
        if (remarks.isEmpty()) {
            remarks.add(platform.get("description"));
        }
        return String.join("; ", remarks);
    }

    private static String micros(String nanos) {
        return String.format(Locale.ROOT, "%.1f us", Long.parseLong(nanos) / 1000.0);
    }
}
