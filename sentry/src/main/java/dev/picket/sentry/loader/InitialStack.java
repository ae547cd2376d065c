package dev.picket.sentry.loader;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a program finds on its stack when it starts; System V ABI for AMD64, section 3.4.1.
 *
 * <pre>
 *   top      8 bytes of zeros
 *            file name, environment strings, argument strings   (each list upwards, the lists downwards)
 *            "x86_64", 16 random bytes
 *            auxiliary vector, ending with AT_NULL
 *            environment pointers, 0
 *            argument pointers, 0
 *   rsp      argument count                                     (a multiple of 16)
 * </pre>
 */
final class InitialStack {
    private static final String PLATFORM = "x86_64";
    private static final int RANDOM_BYTES = 16;
    private static final int MAXIMUM_SHIFT_BYTES = 8192;

    private final Arguments arguments;
    private final long top;
    private final long fileNameAddress;
    private final long environmentStart;
    private final long argumentStart;
    private final long platformAddress;
    private final long randomAddress;

    /**
     * Lays out what does not depend on the auxiliary vector.
     *
     * @param top end of the stack, page-aligned
     * @param shift random number that moves the stack pointer a little
     */
    InitialStack(Arguments arguments, long top, long shift) {
        this.arguments = arguments;
        this.top = top;
        fileNameAddress = top - Long.BYTES - (arguments.fileName().length() + 1);
        environmentStart = fileNameAddress - bytes(arguments.environment());
        argumentStart = environmentStart - bytes(arguments.arguments());
        long shifted = argumentStart - (shift & MAXIMUM_SHIFT_BYTES - 1) & -16;
        platformAddress = shifted - (PLATFORM.length() + 1);
        randomAddress = platformAddress - RANDOM_BYTES;
    }

    /** Most bytes that the stack takes when it starts, with {@code auxiliaryEntries} entries of the vector. */
    long bytesAtMost(int auxiliaryEntries) {
        return top - stackPointer(auxiliaryEntries);
    }

    private long stackPointer(int auxiliaryEntries) {
        long pointers =
                3L + arguments.arguments().size() + arguments.environment().size();
        return randomAddress - (pointers + auxiliaryEntries * 2L) * Long.BYTES & -16;
    }

    long fileNameAddress() {
        return fileNameAddress;
    }

    long platformAddress() {
        return platformAddress;
    }

    long randomAddress() {
        return randomAddress;
    }

    long argumentStart() {
        return argumentStart;
    }

    /** End of the arguments, and start of the environment. */
    long environmentStart() {
        return environmentStart;
    }

    long environmentEnd() {
        return fileNameAddress;
    }

    /**
     * Writes it all.
     *
     * @param auxiliaryVector pairs of type and value, AT_NULL included
     * @return the stack pointer
     */
    long write(MemoryManager memory, long[] auxiliaryVector, long random1, long random2) throws ErrnoException {
        long stackPointer = stackPointer(auxiliaryVector.length / 2);
        // Bounded: Arguments.check was there before.
        var bytes = ByteBuffer.allocate((int) (top - stackPointer)).order(ByteOrder.LITTLE_ENDIAN);
        List<Long> argumentPointers = strings(bytes, stackPointer, arguments.arguments(), argumentStart);
        List<Long> environmentPointers = strings(bytes, stackPointer, arguments.environment(), environmentStart);
        strings(bytes, stackPointer, List.of(arguments.fileName()), fileNameAddress);
        strings(bytes, stackPointer, List.of(PLATFORM), platformAddress);
        bytes.position((int) (randomAddress - stackPointer));
        bytes.putLong(random1).putLong(random2);

        bytes.position(0);
        bytes.putLong(argumentPointers.size());
        argumentPointers.forEach(bytes::putLong);
        bytes.putLong(0);
        environmentPointers.forEach(bytes::putLong);
        bytes.putLong(0);
        for (long value : auxiliaryVector) {
            bytes.putLong(value);
        }
        memory.copyOut(stackPointer, bytes.array(), 0, bytes.capacity());
        return stackPointer;
    }

    private static List<Long> strings(ByteBuffer bytes, long base, List<String> strings, long start) {
        var pointers = new ArrayList<Long>(strings.size());
        long next = start;
        for (String string : strings) {
            pointers.add(next);
            bytes.position((int) (next - base));
            bytes.put(string.getBytes(StandardCharsets.ISO_8859_1)).put((byte) 0);
            next += string.length() + 1;
        }
        return pointers;
    }

    private static long bytes(List<String> strings) {
        return strings.stream().mapToLong(string -> string.length() + 1L).sum();
    }
}
