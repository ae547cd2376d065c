package dev.picket.platform.kvm;

/**
 * Bytes 14 to 21 of a struct kvm_segment, as one long: type, present, dpl, db, s, l, g and avl. Behind them comes unusable,
 * which is zero for these.
 */
final class SegmentAttributes {
    /** A 64-bit task state segment in use. */
    static final long BUSY_TASK = attributes(11, 0, 0, 0, 0, 0);

    static final long USER_CODE = attributes(11, 3, 0, 1, 1, 1);
    static final long USER_DATA = attributes(3, 3, 1, 1, 0, 1);

    private SegmentAttributes() {}

    private static long attributes(int type, int privilege, int big, int isCodeOrData, int isLong, int granularity) {
        return type
                | 1L << 8 // present
                | (long) privilege << 16
                | (long) big << 24
                | (long) isCodeOrData << 32
                | (long) isLong << 40
                | (long) granularity << 48;
    }
}
