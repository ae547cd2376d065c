package dev.picket.sentry.vfs;

/**
 * The names of one file system that are kept in memory although nobody uses them now. A directory knows its children only
 * weakly; this ring holds the latest of them, so that what a guest once looked at cannot fill the memory.
 *
 * <p>The oldest goes first, but one that was used since it came in gets a second turn.
 */
final class DentryCache {
    private static final int CAPACITY = 4096;
    private static final int SECOND_TURNS = 16;

    private Dentry[] ring = new Dentry[64];
    private int next;

    /** Keeps one more. */
    synchronized void keep(Dentry dentry) {
        if (next == ring.length) {
            if (ring.length < CAPACITY) {
                ring = java.util.Arrays.copyOf(ring, ring.length * 4);
            } else {
                next = 0;
            }
        }
        for (int turn = 0; turn < SECOND_TURNS; turn++) {
            Dentry oldest = ring[next];
            if (oldest == null || !oldest.takeUsed()) {
                break;
            }
            next = next + 1 == ring.length ? 0 : next + 1;
        }
        ring[next++] = dentry;
    }
}
