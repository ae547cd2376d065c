package dev.picket.sentry.vfs;

import dev.picket.platform.host.NativeMemory;
import dev.picket.sentry.memory.GuestBuffer;

/**
 * Memory of the Sentry that a file is read into or written from as if it were a guest's: how the Sentry copies from file to
 * file.
 */
public final class NativeBuffer extends GuestBuffer {
    private long address;
    private long remaining;

    /** @param address of memory of this process that the caller holds until this is no longer used */
    public NativeBuffer(long address, long lengthBytes) {
        this.address = address;
        this.remaining = lengthBytes;
    }

    @Override
    public long remaining() {
        return remaining;
    }

    private long take(long wanted) {
        long count = Math.min(wanted, remaining);
        address += count;
        remaining -= count;
        return count;
    }

    @Override
    public int copyIn(byte[] destination, int offset, int length) {
        int count = (int) Math.min(length, remaining);
        NativeMemory.copyToArray(address, destination, offset, count);
        return (int) take(count);
    }

    @Override
    public int copyOut(byte[] source, int offset, int length) {
        int count = (int) Math.min(length, remaining);
        NativeMemory.copyFromArray(source, offset, address, count);
        return (int) take(count);
    }

    @Override
    public long copyInNative(long destination, long length) {
        long count = Math.min(length, remaining);
        NativeMemory.copy(address, destination, count);
        return take(count);
    }

    @Override
    public long copyOutNative(long source, long length) {
        long count = Math.min(length, remaining);
        NativeMemory.copy(source, address, count);
        return take(count);
    }

    @Override
    public long zero(long length) {
        long count = Math.min(length, remaining);
        NativeMemory.fill(address, count, (byte) 0);
        return take(count);
    }

    @Override
    public void rewind(long bytes) {
        address -= bytes;
        remaining += bytes;
    }
}
