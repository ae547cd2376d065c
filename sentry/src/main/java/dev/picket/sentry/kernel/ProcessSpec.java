package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.vfs.OpenFile;
import java.util.List;

/**
 * A process to start from outside. Strings are byte strings (ISO 8859-1).
 *
 * @param fileName path of the program in the guest: already looked up in PATH
 * @param arguments argv, the first of them included
 * @param files open files for descriptors 0, 1, ...; a null leaves the descriptor closed. The process takes over the
 *     caller's references, also if it could not be started
 * @param newSession whether the process leads a session of its own; otherwise it joins the first process's
 * @param exitListener hears of the end; may be null
 */
public record ProcessSpec(
        String fileName,
        List<String> arguments,
        List<String> environment,
        String workingDirectory,
        Credentials credentials,
        List<OpenFile> files,
        boolean newSession,
        ExitListener exitListener) {}
