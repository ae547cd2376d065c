package dev.picket.service.system;

import dev.picket.service.worker.WorkerLayout;
import java.nio.file.Path;

/**
 * How a service is set up.
 *
 * @param dataDirectory where everything lives that outlasts the process; made with mode 0700 if missing
 * @param runDirectory for sockets; made with mode 0700 if missing; paths in it must fit sockaddr_un (107 bytes)
 * @param defaultPlatform {@code ptrace}, ... or {@code auto}
 * @param hostImage whether there is an image {@code host} of the host's own programs
 * @param warmWorkers how many idle workers are kept ready
 * @param workers where a worker's classes are
 */
public record ServiceSettings(
        Path dataDirectory,
        Path runDirectory,
        String defaultPlatform,
        boolean hostImage,
        int warmWorkers,
        WorkerLayout workers) {}
