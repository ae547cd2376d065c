package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vdso.Vdso;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Path;
import java.util.List;

/** Loads programs into fresh memory, for execve(2); {@code sentry.loader} implements it above this package. */
public interface ProgramLoader {
    /**
     * Loads a program. Until this returns nothing of the caller has changed.
     *
     * @throws ErrnoException as execve(2): ENOENT, EACCES, ENOEXEC, E2BIG, ...
     */
    Program load(Request request) throws ErrnoException;

    /**
     * What to load.
     *
     * @param caller on whose behalf the files are opened
     * @param start directory at which a relative name starts
     * @param fileName path of the program or script; empty for {@code start} itself, as with AT_EMPTY_PATH
     * @param flags AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
     * @param stackLimitBytes RLIMIT_STACK, which bounds arguments and stack
     * @param vdso what to map into the program's memory besides
     * @param privileges what the program's file makes of the caller's credentials
     */
    record Request(
            Caller caller,
            Path start,
            String fileName,
            int flags,
            List<String> arguments,
            List<String> environment,
            long stackLimitBytes,
            Vdso vdso,
            Privileges privileges) {}

    /** What set-user-ID and set-group-ID bits make of credentials. */
    @FunctionalInterface
    interface Privileges {
        /** The credentials with which the program {@code executable}, the last interpreter of a script, runs. */
        Credentials credentialsFor(Path executable) throws ErrnoException;
    }

    /**
     * A loaded program.
     *
     * @param memory its memory, which the receiver releases
     * @param executable the program's file; for a script that of its interpreter
     * @param name for the task: the last component of the file's name
     * @param entry address of the first instruction
     * @param stackPointer the stack pointer, where argc is
     */
    record Program(
            MemoryManager memory,
            Path executable,
            String name,
            Credentials credentials,
            long entry,
            long stackPointer) {}
}
