package dev.picket.api.command;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code picket test}: here for its help; the launcher runs it, because a build must not replace the jars it runs from. */
@Command(
        name = "test",
        description = {
            "Checks the formatting, builds everything, and runs the whole test suite.",
            "Arguments are passed on to Maven: ./picket test -pl storage"
        },
        mixinStandardHelpOptions = true)
final class TestCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ARGUMENT", description = "Arguments for Maven.")
    private List<String> arguments;

    @Override
    public Integer call() {
        throw new IllegalArgumentException("tests are run by ./picket in the project's root: ./picket test");
    }
}
