package dev.picket.sentry.loader;

import dev.picket.platform.host.NativeMemory;
import dev.picket.sentry.memory.GuestBuffer;

/** An array in the place of guest memory, so that the Sentry can read files for itself. */
public final class ArrayBuffer extends GuestBuffer {
    private final byte[] array;
    private int used;

    public ArrayBuffer(byte[] array) {
        this.array = array;
    }

    public int used() {
        return used;
    }

    @Override
    public long remaining() {
        return array.length - used;
    }

    @Override
    public int copyIn(byte[] destination, int offset, int length) {
        int count = (int) Math.min(length, remaining());
        System.arraycopy(array, used, destination, offset, count);
        used += count;
        return count;
    }

    @Override
    public int copyOut(byte[] source, int offset, int length) {
        int count = (int) Math.min(length, remaining());
        System.arraycopy(source, offset, array, used, count);
        used += count;
        return count;
    }

    @Override
    public long copyInNative(long destination, long length) {
        int count = (int) Math.min(length, remaining());
        NativeMemory.copyFromArray(array, used, destination, count);
        used += count;
        return count;
    }

    @Override
    public long copyOutNative(long source, long length) {
        int count = (int) Math.min(length, remaining());
        NativeMemory.copyToArray(source, array, used, count);
        used += count;
        return count;
    }

    @Override
    public long zero(long length) {
        int count = (int) Math.min(length, remaining());
        java.util.Arrays.fill(array, used, used + count, (byte) 0);
        used += count;
        return count;
    }

    @Override
    public void rewind(long bytes) {
        used -= (int) java.util.Objects.checkIndex(bytes, used + 1L);
    }
}
