package dev.picket.service.container;

/**
 * What a client wants of a container's streams.
 *
 * @param stream whether live output is wanted; without it only the log
 * @param logs whether the log so far comes first
 */
public record AttachRequest(boolean stream, boolean logs, boolean stdin, boolean stdout, boolean stderr) {}
