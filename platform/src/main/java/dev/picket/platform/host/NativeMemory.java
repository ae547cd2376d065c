package dev.picket.platform.host;

import sun.misc.Unsafe;

/**
 * Memory of this process by address: the only place that touches it. Addresses are not checked: a wrong one ends the JVM.
 * Callers get them from mappings they hold, never from a guest.
 */
public final class NativeMemory {
    private static final Unsafe UNSAFE = unsafe();
    private static final long BYTES = Unsafe.ARRAY_BYTE_BASE_OFFSET;

    /** For copyMemory C1, which compiles workers, calls into the virtual machine; what programs pass is mostly small. */
    private static final int SMALL_BYTES = 128;

    private NativeMemory() {}

    /** Allocates zeroed memory of the C heap; {@link #free} gives it back. */
    public static long allocate(long lengthBytes) {
        long address = UNSAFE.allocateMemory(lengthBytes);
        UNSAFE.setMemory(address, lengthBytes, (byte) 0);
        return address;
    }

    public static void free(long address) {
        UNSAFE.freeMemory(address);
    }

    public static byte getByte(long address) {
        return UNSAFE.getByte(address);
    }

    public static void putByte(long address, byte value) {
        UNSAFE.putByte(address, value);
    }

    public static short getShort(long address) {
        return UNSAFE.getShort(address);
    }

    public static void putShort(long address, short value) {
        UNSAFE.putShort(address, value);
    }

    public static int getInt(long address) {
        return UNSAFE.getInt(address);
    }

    public static void putInt(long address, int value) {
        UNSAFE.putInt(address, value);
    }

    public static long getLong(long address) {
        return UNSAFE.getLong(address);
    }

    public static void putLong(long address, long value) {
        UNSAFE.putLong(address, value);
    }

    /** Reads an int that other processes write: once, and not before what was read earlier. */
    public static int getIntVolatile(long address) {
        return UNSAFE.getIntVolatile(null, address);
    }

    public static void putIntVolatile(long address, int value) {
        UNSAFE.putIntVolatile(null, address, value);
    }

    /** Writes a long that others read at any time: whole, and not before what was written earlier. */
    public static void putLongVolatile(long address, long value) {
        UNSAFE.putLongVolatile(null, address, value);
    }

    public static boolean compareAndSetInt(long address, int expected, int value) {
        return UNSAFE.compareAndSwapInt(null, address, expected, value);
    }

    public static void copy(long source, long destination, long lengthBytes) {
        if (lengthBytes <= SMALL_BYTES && Math.abs(source - destination) >= lengthBytes) {
            copySmall(null, source, null, destination, (int) lengthBytes);
        } else {
            UNSAFE.copyMemory(source, destination, lengthBytes);
        }
    }

    public static void copyToArray(long source, byte[] destination, int offset, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, destination.length);
        copy(null, source, destination, BYTES + offset, length);
    }

    public static void copyFromArray(byte[] source, int offset, long destination, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, source.length);
        copy(source, BYTES + offset, null, destination, length);
    }

    private static void copy(byte[] from, long source, byte[] to, long destination, int length) {
        if (length <= SMALL_BYTES) {
            copySmall(from, source, to, destination, length);
        } else {
            UNSAFE.copyMemory(from, source, to, destination, length);
        }
    }

    private static void copySmall(byte[] from, long source, byte[] to, long destination, int length) {
        int done = 0;
        for (; done <= length - Long.BYTES; done += Long.BYTES) {
            UNSAFE.putLong(to, destination + done, UNSAFE.getLong(from, source + done));
        }
        for (; done < length; done++) {
            UNSAFE.putByte(to, destination + done, UNSAFE.getByte(from, source + done));
        }
    }

    public static void fill(long address, long lengthBytes, byte value) {
        UNSAFE.setMemory(address, lengthBytes, value);
    }

    /** A NUL-terminated copy of a byte string (ISO 8859-1) on the C heap; {@link #free} gives it back. */
    public static long allocateString(String value) {
        byte[] bytes = value.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        long address = allocate(bytes.length + 1L);
        copyFromArray(bytes, 0, address, bytes.length);
        return address;
    }

    private static Unsafe unsafe() {
        try {
            var field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
