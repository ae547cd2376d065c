package dev.picket.api.exec;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.picket.service.exec.CreateExec;
import dev.picket.service.failure.Failure;
import java.util.List;

/**
 * Body of an exec create.
 *
 * @param consoleSize rows and columns
 */
public record ExecCreateRequest(
        Boolean attachStdin,
        Boolean attachStdout,
        Boolean attachStderr,
        Boolean tty,
        Boolean privileged,
        String user,
        String workingDir,
        List<String> env,
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> cmd,
        List<Integer> consoleSize) {

    CreateExec toService() {
        if (cmd == null || cmd.isEmpty()) {
            throw new Failure.BadParameter("no exec command specified");
        }
        if (cmd.contains(null) || env != null && env.contains(null)) {
            throw new Failure.BadParameter("invalid JSON: null in Cmd or Env");
        }
        return new CreateExec(
                cmd,
                env,
                workingDir,
                user,
                Boolean.TRUE.equals(tty),
                Boolean.TRUE.equals(attachStdin),
                Boolean.TRUE.equals(attachStdout),
                Boolean.TRUE.equals(attachStderr),
                Boolean.TRUE.equals(privileged),
                ConsoleSize.rows(consoleSize),
                ConsoleSize.columns(consoleSize));
    }
}
