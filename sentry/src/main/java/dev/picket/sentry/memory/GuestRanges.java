package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** The one kind of {@link GuestBuffer}: some ranges of the memory of one process. */
final class GuestRanges extends GuestBuffer {
    /** UIO_MAXIOV of Linux. */
    private static final int MAXIMUM_RANGES = 1024;

    /** MAX_RW_COUNT of Linux: no call moves more at once. */
    private static final long MAXIMUM_BYTES = 0x7ffff000L;

    private static final int IOVEC_BYTES = 16;

    private GuestAccess access;
    /** Address and length of each range. */
    private final long[] ranges;

    private long lengthBytes;
    /** What is used up: whole ranges before this index, and bytes of the range at it. */
    private int index;

    private long usedOfRange;
    private long used;

    private GuestRanges(GuestAccess access, long[] ranges, long lengthBytes) {
        this.access = access;
        this.ranges = ranges;
        this.lengthBytes = lengthBytes;
    }

    /** @param spare a buffer that is not used any more, to be made into this one; or null */
    static GuestRanges of(GuestAccess access, long address, long lengthBytes, GuestBuffer spare) throws ErrnoException {
        if (lengthBytes < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        checkAddresses(access, address, lengthBytes);
        if (spare instanceof GuestRanges used && used.ranges.length == 2) {
            used.reset(access, address, lengthBytes);
            return used;
        }
        return new GuestRanges(access, new long[] {address, lengthBytes}, lengthBytes);
    }

    private void reset(GuestAccess newAccess, long address, long newLengthBytes) {
        access = newAccess;
        ranges[0] = address;
        ranges[1] = newLengthBytes;
        lengthBytes = newLengthBytes;
        index = 0;
        usedOfRange = 0;
        used = 0;
    }

    /**
     * The ranges of an array of struct iovec.
     *
     * @param vector where the array is
     * @param access where the ranges are
     */
    static GuestRanges ofVector(GuestAccess vector, long iovecAddress, int count, GuestAccess access)
            throws ErrnoException {
        if (count < 0 || count > MAXIMUM_RANGES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[count * IOVEC_BYTES];
        vector.checkWhole(vector.copyIn(iovecAddress, bytes, 0, bytes.length), bytes.length);
        var values = java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer();
        long[] ranges = new long[count * 2];
        long total = 0;
        for (int i = 0; i < ranges.length; i += 2) {
            long address = values.get(i);
            long length = values.get(i + 1);
            if (length < 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            checkAddresses(access, address, length);
            // As Linux has it: what goes beyond the most that a call moves is cut off, not refused.
            length = Math.min(length, MAXIMUM_BYTES - total);
            ranges[i] = address;
            ranges[i + 1] = length;
            total += length;
        }
        return new GuestRanges(access, ranges, total);
    }

    private static void checkAddresses(GuestAccess access, long address, long length) throws ErrnoException {
        boolean within = address >= 0 && length <= access.addressLimit() && address <= access.addressLimit() - length;
        if (!within && length != 0) {
            throw ErrnoException.of(Errno.EFAULT);
        }
    }

    @Override
    public long remaining() {
        return lengthBytes - used;
    }

    @Override
    public int copyIn(byte[] destination, int offset, int length) throws ErrnoException {
        int done = 0;
        while (done < length && skipUsed()) {
            int wanted = (int) Math.min(length - done, restOfRange());
            int copied = access.copyIn(address(), destination, offset + done, wanted);
            done += use(copied);
            if (copied < wanted) {
                break;
            }
        }
        return (int) checkProgress(done, length);
    }

    @Override
    public int copyOut(byte[] source, int offset, int length) throws ErrnoException {
        int done = 0;
        while (done < length && skipUsed()) {
            int wanted = (int) Math.min(length - done, restOfRange());
            int copied = access.copyOut(address(), source, offset + done, wanted);
            done += use(copied);
            if (copied < wanted) {
                break;
            }
        }
        return (int) checkProgress(done, length);
    }

    @Override
    public long copyInNative(long destination, long length) throws ErrnoException {
        long done = 0;
        while (done < length && skipUsed()) {
            long wanted = Math.min(length - done, restOfRange());
            long copied = access.copyInNative(address(), destination + done, wanted);
            done += use(copied);
            if (copied < wanted) {
                break;
            }
        }
        return checkProgress(done, length);
    }

    @Override
    public long copyOutNative(long source, long length) throws ErrnoException {
        long done = 0;
        while (done < length && skipUsed()) {
            long wanted = Math.min(length - done, restOfRange());
            long copied = access.copyOutNative(address(), source + done, wanted);
            done += use(copied);
            if (copied < wanted) {
                break;
            }
        }
        return checkProgress(done, length);
    }

    @Override
    public long zero(long length) throws ErrnoException {
        long done = 0;
        while (done < length && skipUsed()) {
            long wanted = Math.min(length - done, restOfRange());
            long zeroed = access.zero(address(), wanted);
            done += use(zeroed);
            if (zeroed < wanted) {
                break;
            }
        }
        return checkProgress(done, length);
    }

    @Override
    public void rewind(long bytes) {
        if (bytes < 0 || bytes > used) {
            throw new IllegalArgumentException("cannot take back " + bytes + " of " + used);
        }
        used -= bytes;
        long left = bytes;
        while (left > usedOfRange) {
            left -= usedOfRange;
            index--;
            usedOfRange = ranges[index * 2 + 1];
        }
        usedOfRange -= left;
    }

    /** Steps over ranges that are used up or empty; false at the end. */
    private boolean skipUsed() {
        while (index * 2 < ranges.length && usedOfRange == ranges[index * 2 + 1]) {
            index++;
            usedOfRange = 0;
        }
        return index * 2 < ranges.length;
    }

    private long address() {
        return ranges[index * 2] + usedOfRange;
    }

    private long restOfRange() {
        return ranges[index * 2 + 1] - usedOfRange;
    }

    private long use(long bytes) {
        usedOfRange += bytes;
        used += bytes;
        return bytes;
    }

    private long checkProgress(long done, long length) throws ErrnoException {
        if (done == 0 && length > 0 && remaining() > 0) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return done;
    }
}
