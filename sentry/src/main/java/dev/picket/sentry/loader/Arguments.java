package dev.picket.sentry.loader;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments and environment of a program, within the limits of execve(2). Strings are byte strings (ISO 8859-1).
 *
 * @param fileName what AT_EXECFN names: the path given to execve(2)
 */
record Arguments(String fileName, List<String> arguments, List<String> environment) {
    /** MAX_ARG_STRLEN of Linux: 32 pages, the NUL included. */
    private static final int STRING_BYTES_MAXIMUM = 32 * 4096;

    /** Linux never gives arguments more than three quarters of a usual stack, and never less than ARG_MAX. */
    private static final long TOTAL_BYTES_MAXIMUM = 6L << 20;

    private static final long TOTAL_BYTES_MINIMUM = 128L << 10;

    /**
     * Checks the sizes.
     *
     * @param stackLimitBytes RLIMIT_STACK, a quarter of which arguments may take
     * @throws ErrnoException E2BIG
     */
    void check(long stackLimitBytes) throws ErrnoException {
        long limit = Math.max(TOTAL_BYTES_MINIMUM, Math.min(TOTAL_BYTES_MAXIMUM, stackLimitBytes / 4));
        long total = fileName.length() + 1L;
        total += bytes(arguments);
        total += bytes(environment);
        if (total > limit) {
            throw ErrnoException.of(Errno.E2BIG);
        }
    }

    private static long bytes(List<String> strings) throws ErrnoException {
        long bytes = 0;
        for (String string : strings) {
            if (string.length() >= STRING_BYTES_MAXIMUM) {
                throw ErrnoException.of(Errno.E2BIG);
            }
            bytes += string.length() + 1 + Long.BYTES;
        }
        return bytes;
    }

    /** At least one argument: programs rely on argv[0], and Linux sees to it since 5.18. */
    Arguments withProgramName() {
        return arguments.isEmpty() ? new Arguments(fileName, List.of(""), environment) : this;
    }

    /** The arguments for the interpreter of the script {@code scriptName}: it takes the place of argv[0]. */
    Arguments interpretedBy(Script script, String scriptName) {
        var changed = new ArrayList<String>(arguments.size() + 2);
        changed.add(script.interpreter());
        if (script.argument() != null) {
            changed.add(script.argument());
        }
        changed.add(scriptName);
        changed.addAll(arguments.subList(Math.min(1, arguments.size()), arguments.size()));
        return new Arguments(fileName, changed, environment);
    }
}
