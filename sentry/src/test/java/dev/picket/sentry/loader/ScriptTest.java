package dev.picket.sentry.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScriptTest {
    @Test
    void interpreter_and_one_argument_are_taken_from_the_first_line() throws Exception {
        assertEquals(new Script("/bin/sh", null), parse("#!/bin/sh\necho"));
        assertEquals(new Script("/bin/sh", "-e -u"), parse("#! \t/bin/sh  -e -u \t\necho"));
        assertEquals(new Script("/bin/sh", null), parse("#!/bin/sh"));
        assertEquals(new Script("sh", "x"), parse("#!sh x\0y\n"));
        assertNull(parse("#!/bin/sh \n").argument());
    }

    @Test
    void a_line_without_interpreter_is_refused() {
        refused("#!\n");
        refused("#!");
        refused("#!  \t \nx");
    }

    @Test
    void a_name_that_is_cut_off_is_refused_but_an_argument_is_not() throws Exception {
        refused("#!/" + "x".repeat(300));
        assertEquals(249, parse("#!/b " + "y".repeat(300)).argument().length() - 2);
        assertEquals(
                "/" + "x".repeat(252), parse("#!/" + "x".repeat(252) + "\n").interpreter());
    }

    @Test
    void other_files_are_no_scripts() {
        assertFalse(Script.isScript("#".getBytes(), 1));
        assertFalse(Script.isScript("#x".getBytes(), 2));
        assertFalse(Script.isScript("# !/bin/sh".getBytes(), 10));
    }

    @Test
    void the_interpreter_takes_the_place_of_the_first_argument() {
        var arguments = new Arguments("./s", List.of("s", "1", "2"), List.of("E=1"));
        assertEquals(
                List.of("/bin/sh", "-e", "./s", "1", "2"),
                arguments.interpretedBy(new Script("/bin/sh", "-e"), "./s").arguments());
        assertEquals(
                "./s",
                arguments.interpretedBy(new Script("/bin/sh", "-e"), "./s").fileName());
    }

    private static Script parse(String text) throws ErrnoException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        byte[] head = java.util.Arrays.copyOf(bytes, Script.LINE_BYTES);
        return Script.parse(head, Math.min(bytes.length, Script.LINE_BYTES));
    }

    private static void refused(String text) {
        assertEquals(
                Errno.ENOEXEC,
                assertThrows(ErrnoException.class, () -> parse(text)).errno());
    }
}
