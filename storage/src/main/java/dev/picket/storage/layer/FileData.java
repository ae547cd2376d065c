package dev.picket.storage.layer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * The content of a regular file: ranges of a stored archive, with holes of zeros between them.
 *
 * <p>Ranges are sorted, do not overlap, and lie within the file and within the archive; {@link TarReader} has checked it.
 */
public final class FileData {
    /** Longs per range in {@link #ranges}: offset in the file, offset in the archive, length; in bytes. */
    private static final int STRIDE = 3;

    private final FileChannel archive;
    private final long sizeBytes;
    private final long[] ranges;

    FileData(FileChannel archive, long sizeBytes, long[] ranges) {
        this.archive = archive;
        this.sizeBytes = sizeBytes;
        this.ranges = ranges;
    }

    static FileData contiguous(FileChannel archive, long archiveOffset, long sizeBytes) {
        long[] ranges = sizeBytes == 0 ? new long[0] : new long[] {0, archiveOffset, sizeBytes};
        return new FileData(archive, sizeBytes, ranges);
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** How many ranges hold data. */
    public int rangeCount() {
        return ranges.length / STRIDE;
    }

    /** Where in the file a range begins, in bytes. */
    public long rangeOffset(int range) {
        return ranges[range * STRIDE];
    }

    public long rangeLengthBytes(int range) {
        return ranges[range * STRIDE + 2];
    }

    /** All of it from the beginning, holes as zeros. Good as long as the archive is open. */
    public InputStream stream() {
        return new FileDataStream(this);
    }

    /**
     * Fills {@code destination} from a range.
     *
     * @param offset in the range; {@code destination} must not want more than the range has from there
     */
    public void read(int range, long offset, ByteBuffer destination) throws IOException {
        if (offset < 0 || destination.remaining() > rangeLengthBytes(range) - offset) {
            throw new IllegalArgumentException("beyond the range's end");
        }
        long position = ranges[range * STRIDE + 1] + offset;
        while (destination.hasRemaining()) {
            int read = archive.read(destination, position);
            if (read < 0) {
                throw new EOFException("the stored archive has become shorter");
            }
            position += read;
        }
    }
}
