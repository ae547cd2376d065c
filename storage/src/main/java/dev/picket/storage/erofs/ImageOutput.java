package dev.picket.storage.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Writes an image file from its beginning to its end, in large pieces; little-endian. */
final class ImageOutput {
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long flushed;

    ImageOutput(FileChannel file) {
        this.file = file;
    }

    /** Offset in the image where the next byte goes. */
    long position() {
        return flushed + buffer.position();
    }

    /**
     * A buffer with room for {@code bytes}, at most {@link #maxRoomBytes}; what is put into it is output. Good until the
     * next call.
     */
    ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        if (buffer.remaining() < bytes) {
            throw new IllegalArgumentException("more than the buffer holds: " + bytes);
        }
        return buffer;
    }

    int maxRoomBytes() {
        return BUFFER_BYTES;
    }

    /** Fills with zeros up to an offset. */
    void padTo(long offset) throws IOException {
        long missing = offset - position();
        if (missing < 0) {
            throw new IllegalStateException("the layout overlaps at " + offset);
        }
        if (missing > BUFFER_BYTES) {
            // A hole: what was never written reads as zeros.
            flush();
            flushed = offset;
            return;
        }
        while (missing > 0) {
            int now = (int) Math.min(missing, 4096);
            room(now).put(new byte[now]);
            missing -= now;
        }
    }

    void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            flushed += file.write(buffer, flushed);
        }
        buffer.clear();
    }
}
