package dev.picket.sentry.kernel;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import java.nio.ByteBuffer;
import java.util.UUID;

/** Random bytes of the host, by getrandom(2); no device needs to be open for it. Any thread may call. */
public final class RandomSource {
    private static final int CHUNK_BYTES = 4096;

    /** Fills the buffer, and answers how many bytes it took; fewer if the guest's memory ends. */
    public long fill(GuestBuffer destination) throws ErrnoException {
        long done = 0;
        while (destination.remaining() > 0) {
            byte[] bytes = bytes((int) Math.min(CHUNK_BYTES, destination.remaining()));
            int copied;
            try {
                copied = destination.copyOut(bytes, 0, bytes.length);
            } catch (ErrnoException e) {
                if (done > 0) {
                    return done;
                }
                throw e;
            }
            done += copied;
            if (copied < bytes.length) {
                return done;
            }
        }
        return done;
    }

    /** A random UUID of version 4, RFC 4122, without the JVM's SecureRandom, which takes a start 10 ms to set up. */
    public UUID uuid() throws ErrnoException {
        var bytes = ByteBuffer.wrap(bytes(16));
        long high = bytes.getLong() & ~0xf000L | 0x4000;
        long low = bytes.getLong() & ~(3L << 62) | 1L << 63;
        return new UUID(high, low);
    }

    /** Random bytes, {@code count} of them: 4,096 at most. */
    public byte[] bytes(int count) throws ErrnoException {
        if (count > CHUNK_BYTES) {
            throw new IllegalArgumentException("too many bytes at once: " + count);
        }
        long area = NativeMemory.allocate(Math.max(1, count));
        try {
            int done = 0;
            while (done < count) {
                // The host answers fewer bytes only when a signal of its own interrupts.
                done += (int) ErrnoException.check(Host.getrandom(area + done, count - done, 0));
            }
            byte[] bytes = new byte[count];
            NativeMemory.copyToArray(area, bytes, 0, count);
            return bytes;
        } finally {
            NativeMemory.free(area);
        }
    }
}
