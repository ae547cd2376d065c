package dev.picket.api.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sun.misc.Signal;

/**
 * The same command once more, in a process that has the whole service on its class path. The launcher starts {@code run}
 * with the client's few jars if it believes that a service is up; this is for when there is none after all.
 */
final class FullProcess {
    private FullProcess() {}

    /** Whether this process has the client's jars only. */
    static boolean isNeeded() {
        return Boolean.getBoolean("picket.client");
    }

    /** @return its exit status */
    static int run(String[] arguments) throws IOException, InterruptedException {
        String home = System.getProperty("picket.home");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dpicket.home=" + home,
                "@" + Path.of(home, "service.args"),
                Main.class.getName()));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).inheritIO().start();
        // The terminal sends it to both of us.
        Signal.handle(new Signal("INT"), signal -> {});
        for (String name : new String[] {"TERM", "HUP"}) {
            Signal.handle(new Signal(name), signal -> process.destroy());
        }
        return process.waitFor();
    }
}
