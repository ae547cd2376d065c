package dev.picket.sentry.syscall;

import dev.picket.platform.host.NativeMemory;
import dev.picket.sentry.memory.GuestBuffer;

/** A buffer of the Sentry's own where files expect a guest's: for calls that copy from file to file. */
final class SentryBuffer extends GuestBuffer {
    private final byte[] bytes;
    private final int end;
    private int at;

    SentryBuffer(byte[] bytes, int length) {
        this(bytes, 0, length);
    }

    /** The bytes from {@code start} to {@code end}. */
    SentryBuffer(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    @Override
    public long remaining() {
        return end - at;
    }

    @Override
    public int copyIn(byte[] destination, int offset, int length) {
        int count = Math.min(length, end - at);
        System.arraycopy(bytes, at, destination, offset, count);
        at += count;
        return count;
    }

    @Override
    public int copyOut(byte[] source, int offset, int length) {
        int count = Math.min(length, end - at);
        System.arraycopy(source, offset, bytes, at, count);
        at += count;
        return count;
    }

    @Override
    public long copyInNative(long destination, long length) {
        int count = (int) Math.min(length, end - at);
        NativeMemory.copyFromArray(bytes, at, destination, count);
        at += count;
        return count;
    }

    @Override
    public long copyOutNative(long source, long length) {
        int count = (int) Math.min(length, end - at);
        NativeMemory.copyToArray(source, bytes, at, count);
        at += count;
        return count;
    }

    @Override
    public long zero(long length) {
        int count = (int) Math.min(length, end - at);
        java.util.Arrays.fill(bytes, at, at + count, (byte) 0);
        at += count;
        return count;
    }

    @Override
    public void rewind(long count) {
        at -= (int) count;
    }
}
