package dev.picket.api.command;

import dev.picket.api.client.ApiException;
import dev.picket.service.failure.Failure;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** {@code picket}. */
@Command(
        name = "picket",
        description = "Runs untrusted programs, each on a Linux kernel of its own.",
        subcommands = {
            ServeCommand.class,
            RunCommand.class,
            PlatformsCommand.class,
            TestCommand.class,
            WarmUpCommand.class,
            ArchiveWorkerCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
    /** What docker exits with when it is not the program that failed. */
    static final int EXIT_FAILURE = 125;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    /** The build's version. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"picket " + (version == null ? "development" : version)};
        }
    }

    /** Runs a command, and ends the process with its status. */
    public static void main(String[] arguments) {
        System.exit(execute(arguments));
    }

    static int execute(String... arguments) {
        if (arguments.length > 1 && arguments[0].equals("run")) {
            var options = RunOptions.parse(Arrays.copyOfRange(arguments, 1, arguments.length));
            if (options != null) {
                return guarded(() -> RunCommand.run(options), arguments);
            }
        }
        var commandLine = commandLine();
        commandLine.setParameterExceptionHandler((error, ignored) -> {
            String command = error.getCommandLine().getCommandSpec().qualifiedName();
            System.err.println("picket: " + error.getMessage() + "; see " + command + " --help");
            return EXIT_FAILURE;
        });
        commandLine.setExecutionExceptionHandler((error, ignored, parsed) -> guarded(
                () -> {
                    throw error;
                },
                arguments));
        return commandLine.execute(arguments);
    }

    static CommandLine commandLine() {
        var commandLine = new CommandLine(new Main());
        // What follows the image belongs to the program, options too.
        commandLine.getSubcommands().get("run").setStopAtPositional(true);
        return commandLine;
    }

    /** Runs a command, and tells an error in one line. */
    private static int guarded(Callable<Integer> command, String[] arguments) {
        try {
            try {
                return command.call();
            } catch (NoServiceException e) {
                return FullProcess.run(arguments);
            }
        } catch (Exception e) {
            System.err.println("picket: " + message(e));
            return EXIT_FAILURE;
        }
    }

    private static String message(Exception error) {
        if (error instanceof Failure
                || error instanceof ApiException
                || error instanceof IllegalArgumentException
                || error instanceof IOException) {
            return error.getMessage() == null ? error.toString() : error.getMessage();
        }
        if (Boolean.getBoolean("picket.trace")) {
            error.printStackTrace();
        }
        return "internal error: " + error;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
