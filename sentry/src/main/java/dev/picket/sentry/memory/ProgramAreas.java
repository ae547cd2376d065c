package dev.picket.sentry.memory;

/**
 * Where the parts of a program lie, as execve(2) placed them and prctl(2) PR_SET_MM may move them: for /proc/PID/stat,
 * cmdline, environ and auxv. Ends are the first address after the part.
 *
 * @param auxiliaryVector the auxiliary vector as the program got it, see getauxval(3)
 */
public record ProgramAreas(
        long codeStart,
        long codeEnd,
        long dataStart,
        long dataEnd,
        long stackStart,
        long argumentStart,
        long argumentEnd,
        long environmentStart,
        long environmentEnd,
        byte[] auxiliaryVector) {
    /** Of an address space without a program. */
    public static final ProgramAreas NONE = new ProgramAreas(0, 0, 0, 0, 0, 0, 0, 0, 0, new byte[0]);
}
