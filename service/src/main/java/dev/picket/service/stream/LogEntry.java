package dev.picket.service.stream;

import java.time.Instant;

/**
 * One entry of a log: a line with its end, or a piece of a long one without.
 *
 * @param stream {@link OutputFrame#STDOUT} or {@link OutputFrame#STDERR}
 */
public record LogEntry(int stream, Instant time, byte[] data) {}
