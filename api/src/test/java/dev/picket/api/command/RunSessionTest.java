package dev.picket.api.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunSessionTest {
    @ParameterizedTest
    @CsvSource({
        "127, 'exec: \"nope\": executable file not found in $PATH'",
        "127, 'exec /nope: no such file or directory'",
        "126, 'exec /etc/passwd: permission denied'",
        "125, 'unknown or invalid runtime name: x'",
    })
    void start_failures_have_dockers_statuses(int status, String message) {
        assertEquals(status, RunSession.startFailure(message));
    }

    @Test
    void sizes_have_units() {
        assertEquals(0, Sizes.parse("-m", null));
        assertEquals(5, Sizes.parse("-m", "5b"));
        assertEquals(64L << 20, Sizes.parse("-m", "64m"));
        assertEquals(2L << 30, Sizes.parse("-m", "2GB"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "1x", "-1", "1.5g", "999999999999t"})
    void other_sizes_are_refused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Sizes.parse("-m", text));
    }

    @Test
    void usage_errors_exit_with_125() {
        assertEquals(125, Main.execute("run"));
        assertEquals(125, Main.execute("nonsense"));
        assertEquals(125, Main.execute("serve", "--listen", "tcp://0.0.0.0:1"));
        assertEquals(0, Main.execute("run", "--help"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host",
                "host true",
                "host -- true --help",
                "host true -- x",
                "-it host sh",
                "-i -t -e A=1 -e B -w /tmp -u 1:2 -m 64m --platform ptrace --no-rm --strace host -- sh -c x",
                "--rm --runtime auto --interactive --tty --env A= --workdir / --user nobody --memory 5 host x -i",
                "-H unix:///x --data /y host -e",
            })
    void plain_arguments_are_parsed_as_picocli_does(String line) {
        String[] arguments = line.split(" ");
        var commandLine = Main.commandLine();
        commandLine.parseArgs(("run " + line).split(" "));
        RunCommand command = commandLine.getSubcommands().get("run").getCommand();
        assertEquals(command.options(), RunOptions.parse(arguments));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-i", "--bogus x host", "-e", "-e -x host", "--memory=5 host", "-w"})
    void unusual_arguments_are_left_to_picocli(String line) {
        assertEquals(null, RunOptions.parse(line.split(" ")));
    }
}
