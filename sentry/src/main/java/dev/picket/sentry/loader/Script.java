package dev.picket.sentry.loader;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;

/**
 * The first line of a script: {@code #!interpreter [argument]}; see execve(2).
 *
 * @param argument all that follows the interpreter, or null
 */
record Script(String interpreter, String argument) {
    /** How much of a file Linux looks at (BINPRM_BUF_SIZE). */
    static final int LINE_BYTES = 256;

    static boolean isScript(byte[] head, int length) {
        return length >= 2 && head[0] == '#' && head[1] == '!';
    }

    /**
     * Reads the first line.
     *
     * @param length how much of the file is in {@code head}, at most {@link #LINE_BYTES}
     * @throws ErrnoException ENOEXEC if no interpreter is named, or its name is cut off
     */
    static Script parse(byte[] head, int length) throws ErrnoException {
        String text = new String(head, 0, length, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        boolean cutOff = end < 0 && length == LINE_BYTES;
        String line = text.substring(2, end < 0 ? length : end);
        int nul = line.indexOf('\0');
        if (nul >= 0) {
            line = line.substring(0, nul);
            cutOff = false;
        }
        int start = skipBlanks(line, 0);
        int nameEnd = start;
        while (nameEnd < line.length() && !isBlank(line.charAt(nameEnd))) {
            nameEnd++;
        }
        // A cut-off argument is used as far as it goes, but a cut-off name could be that of another program.
        if (start == nameEnd || cutOff && nameEnd == line.length()) {
            throw ErrnoException.of(Errno.ENOEXEC);
        }
        int argumentStart = skipBlanks(line, nameEnd);
        int argumentEnd = line.length();
        while (argumentEnd > argumentStart && isBlank(line.charAt(argumentEnd - 1))) {
            argumentEnd--;
        }
        String argument = argumentStart < argumentEnd ? line.substring(argumentStart, argumentEnd) : null;
        return new Script(line.substring(start, nameEnd), argument);
    }

    private static int skipBlanks(String line, int from) {
        int index = from;
        while (index < line.length() && isBlank(line.charAt(index))) {
            index++;
        }
        return index;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
