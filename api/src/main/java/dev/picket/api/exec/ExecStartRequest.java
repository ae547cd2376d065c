package dev.picket.api.exec;

import java.util.List;

/**
 * Body of an exec start.
 *
 * @param consoleSize rows and columns
 */
public record ExecStartRequest(Boolean detach, Boolean tty, List<Integer> consoleSize) {}
