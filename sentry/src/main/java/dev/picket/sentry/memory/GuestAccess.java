package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;

/**
 * Reads and writes guest memory for system calls, with the permissions that the guest has itself.
 *
 * <p>Each piece is copied with the lock of the memory manager held for reading, so that the pages cannot become somebody
 * else's meanwhile. What is not mapped yet, or is to be copied before it is written, is seen to as for a fault.
 */
final class GuestAccess {
    /** How much is copied before others get a chance to change mappings. */
    private static final long PIECE_BYTES = 1 << 20;

    private static final int SCRATCH_BYTES = 64 << 10;
    private static final int FIRST_STRING_BYTES = 256;

    /** How often one piece is tried again when other threads take away what was just made accessible. */
    private static final int TRIES = 1_000;

    private enum Direction {
        TO_ARRAY,
        FROM_ARRAY,
        TO_NATIVE,
        FROM_NATIVE,
        ZERO;

        boolean writesGuest() {
            return this == FROM_ARRAY || this == FROM_NATIVE || this == ZERO;
        }
    }

    private final MemoryManager memory;
    private final Pages pages;

    GuestAccess(MemoryManager memory) {
        this.memory = memory;
        this.pages = memory.pages;
    }

    long addressLimit() {
        return memory.addressLimit;
    }

    void checkWhole(long copied, long length) throws ErrnoException {
        if (copied != length) {
            throw ErrnoException.of(Errno.EFAULT);
        }
    }

    int copyIn(long address, byte[] destination, int offset, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, destination.length);
        return (int) transfer(Direction.TO_ARRAY, address, destination, offset, length);
    }

    int copyOut(long address, byte[] source, int offset, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, source.length);
        return (int) transfer(Direction.FROM_ARRAY, address, source, offset, length);
    }

    long copyInNative(long address, long destination, long length) {
        return transfer(Direction.TO_NATIVE, address, null, destination, length);
    }

    long copyOutNative(long address, long source, long length) {
        return transfer(Direction.FROM_NATIVE, address, null, source, length);
    }

    long zero(long address, long length) {
        return transfer(Direction.ZERO, address, null, 0, length);
    }

    /** Copies until the end or the first byte that cannot be accessed; answers how much was copied. */
    private long transfer(Direction direction, long address, byte[] array, long local, long length) {
        long done = 0;
        int tries = 0;
        while (done < length) {
            long copied = piece(direction, address + done, array, local + done, length - done);
            if (copied > 0) {
                done += copied;
                tries = 0;
            } else if (copied < 0 || tries++ == TRIES || !resolve(address + done, direction.writesGuest())) {
                break;
            }
        }
        return done;
    }

    /** Reads as a debugger does, whatever the permissions; answers how much was copied. */
    int copyInForced(long address, byte[] destination, int offset, int length) {
        return transferForced(Direction.TO_ARRAY, address, destination, offset, length);
    }

    /** Writes as a debugger does: private memory also if it is read-only; answers how much was copied. */
    int copyOutForced(long address, byte[] source, int offset, int length) {
        return transferForced(Direction.FROM_ARRAY, address, source, offset, length);
    }

    private int transferForced(Direction direction, long address, byte[] array, int local, int length) {
        java.util.Objects.checkFromIndexSize(local, length, array.length);
        int done = 0;
        while (done < length) {
            long here = address + done;
            // Under one lock, so that nobody takes away what was just made accessible.
            long stamp = memory.lock.writeLock();
            try {
                if (!memory.faults.resolveForced(here, direction.writesGuest())) {
                    break;
                }
                Segment segment = pages.find(here);
                int count = (int) Math.min(length - done, segment.end - here);
                count = (int) Math.min(count, Pages.PAGE_BYTES - (here & Pages.PAGE_BYTES - 1));
                long offset = here + segment.delta;
                long copied = count;
                if (segment.file.isMapped()) {
                    move(direction, segment.file.address(offset), array, local + done, count);
                } else {
                    copied = unmappedPiece(direction, segment.file, offset, array, local + done, count);
                }
                if (copied <= 0) {
                    break;
                }
                done += copied;
            } finally {
                memory.lock.unlockWrite(stamp);
            }
        }
        return done;
    }

    /** Copies what one segment holds; 0 if it must be made accessible first, -1 if the host failed. */
    private long piece(Direction direction, long address, byte[] array, long local, long length) {
        long stamp = memory.lock.readLock();
        try {
            Segment segment = pages.find(address);
            if (segment == null || !permits(segment, direction.writesGuest())) {
                return 0;
            }
            long count = Math.min(Math.min(length, segment.end - address), PIECE_BYTES);
            long offset = address + segment.delta;
            if (!segment.file.isMapped()) {
                return unmappedPiece(direction, segment.file, offset, array, local, count);
            }
            long host = segment.file.address(offset);
            move(direction, host, array, local, count);
            return count;
        } finally {
            memory.lock.unlockRead(stamp);
        }
    }

    private static boolean permits(Segment segment, boolean write) {
        return write ? (segment.prot & Mman.PROT_WRITE) != 0 && !segment.copyOnWrite : segment.prot != 0;
    }

    private boolean resolve(long address, boolean write) {
        long stamp = memory.lock.writeLock();
        try {
            return memory.faults.resolve(address, write ? Access.WRITE : Access.READ, false) == FaultOutcome.RESOLVED;
        } finally {
            memory.lock.unlockWrite(stamp);
        }
    }

    private static void move(Direction direction, long host, byte[] array, long local, long count) {
        switch (direction) {
            case TO_ARRAY -> NativeMemory.copyToArray(host, array, (int) local, (int) count);
            case FROM_ARRAY -> NativeMemory.copyFromArray(array, (int) local, host, (int) count);
            case TO_NATIVE -> NativeMemory.copy(host, local, count);
            case FROM_NATIVE -> NativeMemory.copy(local, host, count);
            case ZERO -> NativeMemory.fill(host, count, (byte) 0);
        }
    }

    /** Through a buffer, for files that are not mapped here: somebody may have shortened them. */
    private static long unmappedPiece(
            Direction direction, MemoryFile file, long offset, byte[] array, long local, long length) {
        int count = (int) Math.min(length, SCRATCH_BYTES);
        long scratch = NativeMemory.allocate(count);
        try {
            if (direction.writesGuest()) {
                Direction toScratch = direction;
                move(toScratch, scratch, array, local, count);
                long written = Host.pwrite(file.descriptor(), scratch, count, offset);
                return written > 0 ? written : -1;
            }
            long read = file.read(offset, scratch, count);
            if (read < 0) {
                return -1;
            }
            // The rest of a file's last page reads as zeros, which the buffer already is.
            long pageRest = Pages.PAGE_BYTES - (offset + read & Pages.PAGE_BYTES - 1);
            long available = Math.min(count, pageRest == Pages.PAGE_BYTES ? read : read + pageRest);
            if (available == 0) {
                return -1;
            }
            Direction fromScratch = direction;
            move(fromScratch, scratch, array, local, available);
            return available;
        } finally {
            NativeMemory.free(scratch);
        }
    }

    long load(long address, int size) throws ErrnoException {
        long stamp = memory.lock.readLock();
        try {
            Segment segment = pages.find(address);
            if (segment != null && segment.prot != 0 && segment.end - address >= size && segment.file.isMapped()) {
                long host = segment.file.address(address + segment.delta);
                return switch (size) {
                    case 1 -> NativeMemory.getByte(host);
                    case 2 -> NativeMemory.getShort(host);
                    case 4 -> NativeMemory.getInt(host);
                    default -> NativeMemory.getLong(host);
                };
            }
        } finally {
            memory.lock.unlockRead(stamp);
        }
        byte[] bytes = new byte[size];
        checkWhole(copyIn(address, bytes, 0, size), size);
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xff;
        }
        return value;
    }

    void store(long address, long value, int size) throws ErrnoException {
        long stamp = memory.lock.readLock();
        try {
            Segment segment = pages.find(address);
            if (segment != null && permits(segment, true) && segment.end - address >= size && segment.file.isMapped()) {
                long host = segment.file.address(address + segment.delta);
                switch (size) {
                    case 1 -> NativeMemory.putByte(host, (byte) value);
                    case 2 -> NativeMemory.putShort(host, (short) value);
                    case 4 -> NativeMemory.putInt(host, (int) value);
                    default -> NativeMemory.putLong(host, value);
                }
                return;
            }
        } finally {
            memory.lock.unlockRead(stamp);
        }
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (value >> i * 8);
        }
        checkWhole(copyOut(address, bytes, 0, size), size);
    }

    int loadVolatile(long address) throws ErrnoException {
        checkAligned(address);
        for (int tries = 0; tries < TRIES; tries++) {
            long stamp = memory.lock.readLock();
            try {
                Segment segment = pages.find(address);
                if (segment != null && segment.prot != 0) {
                    if (!segment.file.isMapped()) {
                        break;
                    }
                    return NativeMemory.getIntVolatile(segment.file.address(address + segment.delta));
                }
            } finally {
                memory.lock.unlockRead(stamp);
            }
            if (!resolve(address, false)) {
                break;
            }
        }
        return (int) load(address, 4); // of a file that is not mapped here, or EFAULT
    }

    boolean compareAndSet(long address, int expected, int value) throws ErrnoException {
        checkAligned(address);
        for (int tries = 0; tries < TRIES; tries++) {
            long stamp = memory.lock.readLock();
            try {
                Segment segment = pages.find(address);
                if (segment != null && permits(segment, true)) {
                    if (!segment.file.isMapped()) {
                        break; // there is no atomic access to it from here
                    }
                    long host = segment.file.address(address + segment.delta);
                    return NativeMemory.compareAndSetInt(host, expected, value);
                }
            } finally {
                memory.lock.unlockRead(stamp);
            }
            if (!resolve(address, true)) {
                break;
            }
        }
        throw ErrnoException.of(Errno.EFAULT);
    }

    private static void checkAligned(long address) throws ErrnoException {
        if ((address & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    String copyInString(long address, int maximumBytes) throws ErrnoException {
        byte[] bytes = new byte[Math.min(FIRST_STRING_BYTES, maximumBytes)];
        int length = 0;
        while (length < maximumBytes) {
            long next = address + length;
            if (length == bytes.length) {
                bytes = java.util.Arrays.copyOf(bytes, (int) Math.min(bytes.length * 4L, maximumBytes));
            }
            // Page by page: the string may end before memory does.
            int wanted = (int) Math.min(bytes.length - length, Pages.PAGE_BYTES - (next & Pages.PAGE_BYTES - 1));
            int copied = copyIn(next, bytes, length, wanted);
            for (int i = length; i < length + copied; i++) {
                if (bytes[i] == 0) {
                    return new String(bytes, 0, i, StandardCharsets.ISO_8859_1);
                }
            }
            checkWhole(copied, wanted);
            length += copied;
        }
        throw ErrnoException.of(Errno.ENAMETOOLONG);
    }
}
