package dev.picket.api.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of {@code picket run}, and a parser for the plain cases.
 *
 * <p>Picocli's classes are older than Java 6, which no class archive takes: parsing with it costs as much as everything
 * else that a run does here. So it is asked for help, for errors, and for whatever {@link #parse} leaves to it. A test holds
 * the two against each other.
 *
 * @param host null: not given
 * @param data null: not given
 */
record RunOptions(RunRequest request, String host, Path data) {

    /** Reads the arguments behind {@code run}; null if there is anything unusual about them. */
    static RunOptions parse(String[] arguments) {
        boolean interactive = false;
        boolean terminal = false;
        boolean remove = true;
        boolean trace = false;
        String platform = null;
        String workingDirectory = null;
        String user = null;
        String memory = null;
        String host = null;
        String data = null;
        List<String> environment = new ArrayList<>();

        int next = 0;
        while (next < arguments.length && arguments[next].startsWith("-")) {
            String option = arguments[next++];
            switch (option) {
                case "-i", "--interactive" -> interactive = true;
                case "-t", "--tty" -> terminal = true;
                case "-it", "-ti" -> {
                    interactive = true;
                    terminal = true;
                }
                case "--rm" -> remove = true;
                case "--no-rm" -> remove = false;
                case "--strace" -> trace = true;
                default -> {
                    if (next == arguments.length || arguments[next].startsWith("-")) {
                        return null;
                    }
                    String value = arguments[next++];
                    switch (option) {
                        case "--platform", "--runtime" -> platform = value;
                        case "-e", "--env" -> environment.add(value);
                        case "-w", "--workdir" -> workingDirectory = value;
                        case "-u", "--user" -> user = value;
                        case "-m", "--memory" -> memory = value;
                        case "-H", "--host" -> host = value;
                        case "--data" -> data = value;
                        default -> {
                            return null;
                        }
                    }
                }
            }
        }
        if (next == arguments.length) {
            return null;
        }
        String image = arguments[next++];
        return of(
                image,
                List.of(arguments).subList(next, arguments.length),
                environment,
                workingDirectory,
                user,
                platform,
                memory,
                interactive,
                terminal,
                remove,
                trace,
                host,
                data == null ? null : Path.of(data));
    }

    /** @param arguments what stands behind the image: the command, maybe behind {@code --} */
    static RunOptions of(
            String image,
            List<String> arguments,
            List<String> environment,
            String workingDirectory,
            String user,
            String platform,
            String memory,
            boolean interactive,
            boolean terminal,
            boolean remove,
            boolean trace,
            String host,
            Path data) {
        List<String> command = !arguments.isEmpty() && arguments.get(0).equals("--")
                ? arguments.subList(1, arguments.size())
                : arguments;
        var request = new RunRequest(
                image,
                List.copyOf(command),
                List.copyOf(environment),
                workingDirectory,
                user,
                platform,
                Sizes.parse("--memory", memory),
                interactive,
                terminal,
                remove,
                trace);
        return new RunOptions(request, host, data);
    }
}
