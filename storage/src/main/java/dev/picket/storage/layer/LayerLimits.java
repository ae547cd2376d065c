package dev.picket.storage.layer;

/**
 * Bounds for one image, so that a hostile archive exhausts neither heap nor disk.
 *
 * @param archiveBytes of one archive as received, and of one layer after decompression
 * @param fileBytes of all regular files of all layers of an image together, holes included
 * @param entries of all layers of an image together
 * @param metadataBytes of names, link targets and extended attributes of all layers together; these are held in memory
 */
public record LayerLimits(long archiveBytes, long fileBytes, int entries, long metadataBytes) {
    /** Longest path, as PATH_MAX of Linux less the terminating zero. */
    public static final int MAX_PATH_BYTES = 4095;

    /** Longest name in a directory, NAME_MAX. */
    public static final int MAX_NAME_BYTES = 255;

    /** Deepest nesting of directories; more than any file system in use, little enough to recurse. */
    public static final int MAX_DEPTH = 512;

    /** Longest value of an extended attribute; EROFS has 16 bits for it. */
    public static final int MAX_XATTR_VALUE_BYTES = 65535;

    /** Longest extended attributes of one file, names and values together. */
    public static final int MAX_XATTR_BYTES = 128 * 1024;

    private static final long GIBIBYTE = 1L << 30;
    private static final int HEAP_BYTES_PER_ENTRY = 1024;
    private static final int MAX_ENTRIES = 2_000_000;
    private static final int MIN_ENTRIES = 100_000;

    /** Bounds for this machine: as many entries as a part of the heap can hold. */
    public static LayerLimits defaults() {
        long heapBytes = Runtime.getRuntime().maxMemory();
        long entries = Math.max(MIN_ENTRIES, Math.min(MAX_ENTRIES, heapBytes / HEAP_BYTES_PER_ENTRY));
        long metadataBytes = Math.max(16L << 20, heapBytes / 8);
        return new LayerLimits(32 * GIBIBYTE, 64 * GIBIBYTE, (int) entries, metadataBytes);
    }
}
