package dev.picket.sentry.fs.overlay;

/**
 * What tells files below an overlay apart.
 *
 * @param layer index of the file system that the file is of
 * @param inode its number there
 */
record LowerKey(int layer, long inode) {
    private static final int LAYER_SHIFT = 56;

    /** Number in the overlay: that of the file, with the layer above it. */
    long number() {
        return inode & (1L << LAYER_SHIFT - 1) - 1 | (long) layer << LAYER_SHIFT;
    }

    // Written out, as what a record does by itself is linked when it is first used, and costs a worker's start 15 ms.

    @Override
    public boolean equals(Object other) {
        return other instanceof LowerKey key && key.layer == layer && key.inode == inode;
    }

    @Override
    public int hashCode() {
        return layer * 31 + Long.hashCode(inode);
    }
}
