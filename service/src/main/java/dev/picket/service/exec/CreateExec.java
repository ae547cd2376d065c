package dev.picket.service.exec;

import java.util.List;

/**
 * A process to run in a container.
 *
 * @param user null or empty: the container's
 * @param workingDirectory null or empty: the container's
 * @param environment added to the container's; may be null
 * @param rows initial rows of the terminal; 0: unknown
 * @param columns initial columns of the terminal; 0: unknown
 */
public record CreateExec(
        List<String> command,
        List<String> environment,
        String workingDirectory,
        String user,
        boolean terminal,
        boolean attachInput,
        boolean attachOutput,
        boolean attachError,
        boolean privileged,
        int rows,
        int columns) {}
