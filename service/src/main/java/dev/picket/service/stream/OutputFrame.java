package dev.picket.service.stream;

/**
 * A piece of a process's output, or of its log.
 *
 * @param stream {@link #STDOUT} or {@link #STDERR}: the numbers of Docker's framing
 * @param data never changed after it was handed out
 */
public record OutputFrame(int stream, byte[] data) {
    public static final int STDOUT = 1;
    public static final int STDERR = 2;
}
