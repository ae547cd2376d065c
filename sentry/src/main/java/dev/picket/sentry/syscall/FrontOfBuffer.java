package dev.picket.sentry.syscall;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;

/** The first bytes of another buffer. */
final class FrontOfBuffer extends GuestBuffer {
    private final GuestBuffer whole;
    private long remaining;

    FrontOfBuffer(GuestBuffer whole, long lengthBytes) {
        this.whole = whole;
        this.remaining = lengthBytes;
    }

    @Override
    public long remaining() {
        return Math.min(remaining, whole.remaining());
    }

    @Override
    public int copyIn(byte[] destination, int offset, int length) throws ErrnoException {
        return (int) took(whole.copyIn(destination, offset, (int) Math.min(length, remaining)));
    }

    @Override
    public int copyOut(byte[] source, int offset, int length) throws ErrnoException {
        return (int) took(whole.copyOut(source, offset, (int) Math.min(length, remaining)));
    }

    @Override
    public long copyInNative(long destination, long length) throws ErrnoException {
        return took(whole.copyInNative(destination, Math.min(length, remaining)));
    }

    @Override
    public long copyOutNative(long source, long length) throws ErrnoException {
        return took(whole.copyOutNative(source, Math.min(length, remaining)));
    }

    @Override
    public long zero(long length) throws ErrnoException {
        return took(whole.zero(Math.min(length, remaining)));
    }

    @Override
    public void rewind(long bytes) {
        whole.rewind(bytes);
        remaining += bytes;
    }

    private long took(long bytes) {
        remaining -= bytes;
        return bytes;
    }
}
