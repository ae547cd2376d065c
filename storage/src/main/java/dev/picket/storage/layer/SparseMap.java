package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import java.util.Arrays;

/** Collects where the data of a sparse member belongs, and checks it. */
final class SparseMap {
    private static final int MAX_RANGES = 1 << 16;

    private long[] offsetsAndLengths = new long[16];
    private int count;

    void add(long offset, long length) throws StorageException {
        if (count == MAX_RANGES) {
            throw new StorageException.Invalid("a sparse file in the archive has more than " + MAX_RANGES + " ranges");
        }
        if (count * 2 == offsetsAndLengths.length) {
            offsetsAndLengths = Arrays.copyOf(offsetsAndLengths, offsetsAndLengths.length * 2);
        }
        offsetsAndLengths[count * 2] = offset;
        offsetsAndLengths[count * 2 + 1] = length;
        count++;
    }

    int count() {
        return count;
    }

    /**
     * The ranges for {@link FileData}.
     *
     * @param sizeBytes of the file, holes included
     * @param archiveOffset where its packed data begins
     * @param packedBytes that it has there; the ranges must use them up exactly
     */
    long[] ranges(long sizeBytes, long archiveOffset, long packedBytes) throws StorageException {
        long[] ranges = new long[count * 3];
        int used = 0;
        long fileEnd = 0;
        long packedEnd = 0;
        for (int i = 0; i < count; i++) {
            long offset = offsetsAndLengths[i * 2];
            long length = offsetsAndLengths[i * 2 + 1];
            // Subtractions cannot overflow: every operand is checked to be between 0 and the size before.
            boolean sound = offset >= fileEnd
                    && length >= 0
                    && offset <= sizeBytes
                    && length <= sizeBytes - offset
                    && length <= packedBytes - packedEnd;
            if (!sound) {
                throw new StorageException.Invalid("a sparse file in the archive has an invalid map");
            }
            if (length > 0) {
                ranges[used++] = offset;
                ranges[used++] = archiveOffset + packedEnd;
                ranges[used++] = length;
            }
            fileEnd = offset + length;
            packedEnd += length;
        }
        if (packedEnd != packedBytes) {
            throw new StorageException.Invalid("a sparse file in the archive has data that its map does not place");
        }
        return Arrays.copyOf(ranges, used);
    }
}
