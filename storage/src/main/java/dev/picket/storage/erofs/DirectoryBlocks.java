package dev.picket.storage.erofs;

import static dev.picket.storage.erofs.ErofsFormat.*;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The content of a directory. Each block has its entries, then their names, in the order of the names' bytes, which also
 * runs on from block to block; {@code .} and {@code ..} are entries like others. What a block has left is zero; of the
 * last block only what is used counts.
 *
 * <pre>
 * entry  0 nid (8)  8 nameoff (2), from the block's start  10 file_type (1)  11 reserved
 * </pre>
 */
final class DirectoryBlocks {
    private DirectoryBlocks() {}

    /** An entry to write. */
    record Entry(String name, long nid, int fileType) {}

    /** Length of a directory with these names, in their order. */
    static long sizeBytes(Iterable<String> names) {
        long fullBlocks = 0;
        int used = 0;
        for (String name : names) {
            int needed = DIRENT_BYTES + name.length();
            if (used + needed > BLOCK_BYTES) {
                fullBlocks++;
                used = 0;
            }
            used += needed;
        }
        return fullBlocks * BLOCK_BYTES + used;
    }

    /** Writes the blocks into {@code out}, which has room for the {@link #sizeBytes} of all of them. */
    static void write(List<Entry> entries, ByteBuffer out) {
        int first = 0;
        while (first < entries.size()) {
            int used = 0;
            int end = first;
            while (end < entries.size()) {
                int needed = DIRENT_BYTES + entries.get(end).name().length();
                if (used + needed > BLOCK_BYTES) {
                    break;
                }
                used += needed;
                end++;
            }
            writeBlock(entries.subList(first, end), out);
            if (end < entries.size()) {
                out.put(new byte[BLOCK_BYTES - used]);
            }
            first = end;
        }
    }

    private static void writeBlock(List<Entry> entries, ByteBuffer out) {
        int nameOffset = entries.size() * DIRENT_BYTES;
        for (Entry entry : entries) {
            out.putLong(entry.nid());
            out.putShort((short) nameOffset);
            out.put((byte) entry.fileType());
            out.put((byte) 0);
            nameOffset += entry.name().length();
        }
        for (Entry entry : entries) {
            out.put(entry.name().getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}
