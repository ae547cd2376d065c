package dev.picket.sentry.control;

import java.io.EOFException;
import java.io.IOException;
import java.util.Objects;

/**
 * Cuts a stream of bytes into frames: four bytes of length, big-endian, then that many bytes of body. For one thread.
 */
public final class FrameReader {
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Where bytes come from. */
    @FunctionalInterface
    public interface Source {
        /** Reads at least one byte, waiting for it; -1 or 0 at the end of the stream. */
        int read(byte[] destination, int offset, int length) throws IOException;
    }

    private final Source source;
    private final int maximumBytes;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int start;
    private int end;

    /** @param maximumBytes longest body that is accepted; a longer one is an error before it is allocated */
    public FrameReader(Source source, int maximumBytes) {
        this.source = Objects.requireNonNull(source);
        this.maximumBytes = maximumBytes;
    }

    /**
     * The body of the next frame, waiting for it.
     *
     * @return null if the stream ended between two frames
     * @throws FrameException if the length is not acceptable
     * @throws EOFException if the stream ends inside a frame
     */
    public byte[] next() throws IOException {
        while (end - start < Integer.BYTES) {
            if (!fill()) {
                if (end != start) {
                    throw new EOFException("stream ends inside the length of a frame");
                }
                return null;
            }
        }
        int length = (buffer[start] & 0xff) << 24
                | (buffer[start + 1] & 0xff) << 16
                | (buffer[start + 2] & 0xff) << 8
                | buffer[start + 3] & 0xff;
        start += Integer.BYTES;
        if (length < 1 || length > maximumBytes) {
            throw new FrameException(
                    "frame of " + Integer.toUnsignedString(length) + " bytes; accepted are 1 to " + maximumBytes);
        }

        byte[] body = new byte[length];
        int have = Math.min(length, end - start);
        System.arraycopy(buffer, start, body, 0, have);
        start += have;
        while (have < length) {
            int count = source.read(body, have, length - have);
            if (count <= 0) {
                throw new EOFException("stream ends inside a frame, after " + have + " of " + length + " bytes");
            }
            have += count;
        }
        return body;
    }

    private boolean fill() throws IOException {
        if (start == end) {
            start = 0;
            end = 0;
        } else if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            start = 0;
        }
        int count = source.read(buffer, end, buffer.length - end);
        if (count <= 0) {
            return false;
        }
        end += count;
        return true;
    }
}
