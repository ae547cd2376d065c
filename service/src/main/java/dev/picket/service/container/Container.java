package dev.picket.service.container;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * A container as inspect and list show it: a snapshot.
 *
 * @param id 64 hexadecimal digits
 * @param name without a leading slash
 * @param imageId {@code sha256:...}
 * @param settings as asked for
 * @param arguments the whole command: entrypoint and command, of the request or the image
 * @param environment as the process gets it
 * @param workingDirectory as the process gets it
 * @param user as the process gets it
 * @param hostName as the guest sees it
 * @param stopSignal as a number
 * @param platform name of the platform it runs on or ran on last; before the first start what was asked for
 * @param logPath null if there is no log
 * @param execs ids of its execs
 */
public record Container(
        String id,
        String name,
        Instant created,
        String imageId,
        CreateContainer settings,
        List<String> arguments,
        List<String> environment,
        String workingDirectory,
        String user,
        String hostName,
        int stopSignal,
        String platform,
        Path logPath,
        ContainerState state,
        List<String> execs) {}
