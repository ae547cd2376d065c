package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.FileMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A small EROFS image, byte by byte, to be told lies in:
 *
 * <pre>
 *   block 0  super block at 1024
 *   block 1  inodes, at 32 bytes each: 0 root, 1 file, 3 inline (with its tail), 5 empty, 6 link, 8 device
 *   block 2  entries of the root
 *   block 3  contents of file, two blocks
 *   block 5  contents of inline, the first block
 * </pre>
 */
final class ImageBuilder {
    static final int ROOT = 4096;
    static final int ROOT_NUMBER = 0;
    static final int ROOT_BLOCK = 2 * 4096;

    private static final String[] NAMES = {".", "..", "empty", "file", "inline", "link", "null"};
    private static final int[] NUMBERS = {0, 0, 5, 1, 3, 6, 8};
    private static final int[] TYPES = {2, 2, 1, 1, 1, 7, 3};

    private final byte[] image = new byte[6 * 4096];

    byte[] build() {
        putInt(1024, 0xE0F5E1E2);
        putByte(1024 + 12, 12);
        putShort(1024 + 14, ROOT_NUMBER);
        putLong(1024 + 16, 6);
        putInt(1024 + 36, 6);
        putInt(1024 + 40, 1);

        inode(0, 0, FileMode.S_IFDIR | 0755, directory(), 2);
        inode(1, 0, FileMode.S_IFREG | 0644, 5_000, 3);
        inode(3, 2, FileMode.S_IFREG | 0644, 4_100, 5);
        text(ROOT + 3 * 32 + 32, "tail");
        inode(5, 2, FileMode.S_IFREG | 0644, 0, 0xffff_ffff);
        inode(6, 2, FileMode.S_IFLNK | 0777, 4, 0xffff_ffff);
        text(ROOT + 6 * 32 + 32, "file");
        inode(8, 0, FileMode.S_IFCHR | 0666, 0, 0x103);
        Arrays.fill(image, 3 * 4096, 3 * 4096 + 5_000, (byte) 'A');
        Arrays.fill(image, 5 * 4096, 6 * 4096, (byte) 'B');
        return bytes();
    }

    private int directory() {
        int at = NAMES.length * 12;
        for (int i = 0; i < NAMES.length; i++) {
            putLong(entry(i), NUMBERS[i]);
            putShort(entry(i) + 8, at);
            putByte(entry(i) + 10, TYPES[i]);
            text(ROOT_BLOCK + at, NAMES[i]);
            at += NAMES[i].length();
        }
        return at;
    }

    private void inode(int number, int layout, int mode, int size, int raw) {
        int at = ROOT + number * 32;
        putShort(at, layout << 1);
        putShort(at + 4, mode);
        putShort(at + 6, 1);
        putInt(at + 8, size);
        putInt(at + 16, raw);
        putInt(at + 20, number + 1);
    }

    /** Where the entry of so many a name of the root is. */
    static int entry(int index) {
        return ROOT_BLOCK + index * 12;
    }

    /** Where that name is. */
    int nameOffset(int index) {
        return ROOT_BLOCK + Bytes.getShort(image, entry(index) + 8);
    }

    private void text(int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, image, at, bytes.length);
    }

    void putByte(int at, int value) {
        image[at] = (byte) value;
    }

    void putShort(int at, int value) {
        Bytes.putShort(image, at, value);
    }

    void putInt(int at, int value) {
        Bytes.putInt(image, at, value);
    }

    void putLong(int at, long value) {
        Bytes.putLong(image, at, value);
    }

    byte[] bytes() {
        return image.clone();
    }
}
