package dev.picket.service.container;

import java.util.List;
import java.util.Map;

/**
 * What a container shall be, as the client asked for it. Null lists, maps and strings mean "not given"; the image's
 * configuration fills them in.
 *
 * @param image reference or id
 * @param entrypoint null: the image's; an empty list or one empty string: none
 * @param command null: the image's, unless an entrypoint is given
 * @param environment {@code KEY=value}; {@code KEY} alone removes the image's
 * @param user {@code user[:group]}
 * @param openInput whether standard input is open at all
 * @param inputOnce whether it ends when the first attached client closes its side
 * @param stopSignal name or number; null: the image's, or SIGTERM
 * @param stopTimeoutSeconds null: 10
 * @param request the request as it was sent, for inspect to answer what the service itself has no use for; may be null
 */
public record CreateContainer(
        String image,
        List<String> entrypoint,
        List<String> command,
        List<String> environment,
        String workingDirectory,
        String user,
        String hostName,
        boolean terminal,
        boolean openInput,
        boolean inputOnce,
        boolean attachInput,
        boolean attachOutput,
        boolean attachError,
        Map<String, String> labels,
        String stopSignal,
        Integer stopTimeoutSeconds,
        HostSettings host,
        String request) {}
