package dev.picket.sentry.boot;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import dev.picket.sentry.vfs.Permission;
import java.util.List;

/** Finds the program of a command as Docker's runc does, which takes the rules from Go's exec.LookPath. */
final class Programs {
    private Programs() {}

    /**
     * The path of the program.
     *
     * @param caller who will run it, in its working directory
     * @throws StartFailure NOT_FOUND or NOT_EXECUTABLE
     */
    static String find(Outsider caller, String command, List<String> environment) throws StartFailure {
        String shown = "exec: \"" + GuestText.text(command) + "\": ";
        if (command.indexOf('/') >= 0) {
            int errno = tryPath(caller, command);
            if (errno == 0) {
                return command;
            }
            throw failure(errno, shown, "stat " + GuestText.text(command) + ": ");
        }
        boolean forbidden = false;
        for (String directory : path(environment).split(":", -1)) {
            String candidate = (directory.isEmpty() ? "." : directory) + "/" + command;
            int errno = command.isEmpty() ? Errno.ENOENT : tryPath(caller, candidate);
            if (errno == 0) {
                return candidate;
            }
            forbidden |= errno == Errno.EACCES;
        }
        throw forbidden
                ? new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "permission denied")
                : new StartFailure(Event.Reason.NOT_FOUND, shown + "executable file not found in $PATH");
    }

    private static String path(List<String> environment) {
        for (String assignment : environment) {
            if (assignment.startsWith("PATH=")) {
                return assignment.substring("PATH=".length());
            }
        }
        return "";
    }

    private static int tryPath(Outsider caller, String name) {
        try {
            Path found = PathWalk.resolve(caller, caller.workingDirectory(), name, PathWalk.FOLLOW);
            if (found.inode().type() == FileMode.S_IFDIR) {
                return Errno.EISDIR;
            }
            Permission.check(caller.credentials(), found.inode().attributes(), Permission.EXECUTE);
            return 0;
        } catch (ErrnoException e) {
            return e.errno();
        }
    }

    private static StartFailure failure(int errno, String shown, String call) {
        return switch (errno) {
            case Errno.ENOENT -> new StartFailure(Event.Reason.NOT_FOUND, shown + call + "no such file or directory");
            case Errno.ENOTDIR -> new StartFailure(Event.Reason.NOT_FOUND, shown + call + "not a directory");
            case Errno.EISDIR -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "is a directory");
            case Errno.EACCES -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "permission denied");
            default -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + call + "errno " + errno);
        };
    }

    /** What a failed execve(2) of a program that was found means. */
    static StartFailure execFailure(int errno, String command) {
        String shown = "exec " + GuestText.text(command) + ": ";
        return switch (errno) {
                // The program is there: its interpreter is not.
            case Errno.ENOENT -> new StartFailure(Event.Reason.NOT_FOUND, shown + "no such file or directory");
            case Errno.EACCES -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "permission denied");
            case Errno.ENOEXEC, Errno.ELIBBAD, Errno.EINVAL -> new StartFailure(
                    Event.Reason.NOT_EXECUTABLE, shown + "exec format error");
            case Errno.E2BIG -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "argument list too long");
            case Errno.ENOMEM -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "cannot allocate memory");
            case Errno.EAGAIN -> new StartFailure(Event.Reason.INTERNAL, shown + "resource temporarily unavailable");
            default -> new StartFailure(Event.Reason.NOT_EXECUTABLE, shown + "errno " + errno);
        };
    }
}
