package dev.picket.api.command;

import dev.picket.api.client.ApiClient;
import dev.picket.api.listen.ListenAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code picket run}. */
@Command(
        name = "run",
        description = {
            "Runs a command in a sandbox of its own, and exits with its status.",
            "Uses the service that is up, or else starts one for as long as it takes."
        },
        customSynopsis = "picket run [OPTIONS] IMAGE [--] [COMMAND [ARGUMENT...]]",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RunCommand implements Callable<Integer> {
    @Option(
            names = {"--platform", "--runtime"},
            paramLabel = "NAME",
            description = "auto, or one of those that 'picket platforms' lists. Default: the service's own.")
    private String platform;

    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on.")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "Give it a terminal.")
    private boolean terminal;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "KEY[=VALUE]",
            description = "Set an environment variable; without a value, pass our own on.")
    private List<String> environment = new ArrayList<>();

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "Working directory inside the sandbox.")
    private String workingDirectory;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "User inside the sandbox, by name or number.")
    private String user;

    @Option(
            names = {"-m", "--memory"},
            paramLabel = "BYTES",
            description = "Bound of its memory; b, k, m, g may follow the number.")
    private String memory;

    @Option(
            names = "--rm",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Remove the sandbox when it has ended; that is the default.")
    private boolean remove;

    @Option(names = "--strace", description = "Write every system call to a file in the service's run directory.")
    private boolean trace;

    @Option(
            names = {"-H", "--host"},
            paramLabel = "ADDRESS",
            description = "Use the service at this address: unix:///path.sock or tcp://127.0.0.1:PORT")
    private String host;

    @Option(names = "--data", paramLabel = "DIR", description = "Use or start the service of this data directory.")
    private Path data;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "The image; 'host' is this machine's own programs.")
    private String image;

    @Parameters(index = "1..*", paramLabel = "COMMAND", description = "The command; default: the image's own.")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        return run(options());
    }

    RunOptions options() {
        return RunOptions.of(
                image,
                command,
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
                data);
    }

    /** @return the status to exit with */
    static int run(RunOptions options) throws IOException, InterruptedException {
        if (options.host() != null) {
            return new RunSession(new ApiClient(ListenAddress.parse(options.host())), options.request()).run();
        }
        try (var session = ServiceSession.open(Directories.of(options.data()), "auto", 1)) {
            return new RunSession(session.client(), options.request()).run();
        }
    }
}
