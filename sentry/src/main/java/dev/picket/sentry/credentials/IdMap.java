package dev.picket.sentry.credentials;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** How ids inside a user namespace map to those of the sandbox; see user_namespaces(7). Immutable. */
public final class IdMap {
    /** No id: what is not mapped. */
    public static final int NONE = -1;

    /** The most ranges that a map may have. */
    public static final int RANGES_LIMIT = 340;

    /** A range of ids, all unsigned: {@code inside} in the namespace is {@code outside} in the sandbox. */
    public record Range(int inside, int outside, int count) {}

    private final Range[] ranges;

    /** @throws ErrnoException EINVAL if ranges are empty, run over the end, or overlap */
    public IdMap(Range[] ranges) throws ErrnoException {
        this.ranges = ranges.clone();
        for (int i = 0; i < ranges.length; i++) {
            for (int j = 0; j < i; j++) {
                boolean overlaps = overlap(ranges[i].inside, ranges[i].count, ranges[j].inside, ranges[j].count)
                        || overlap(ranges[i].outside, ranges[i].count, ranges[j].outside, ranges[j].count);
                if (overlaps) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
            }
            if (ranges[i].count == 0
                    || ends(ranges[i].inside, ranges[i].count)
                    || ends(ranges[i].outside, ranges[i].count)) {
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
    }

    private static boolean ends(int first, int count) {
        return (first & 0xffffffffL) + (count & 0xffffffffL) > 0xffffffffL;
    }

    private static boolean overlap(int first, int count, int otherFirst, int otherCount) {
        long a = first & 0xffffffffL;
        long b = otherFirst & 0xffffffffL;
        return a < b + (otherCount & 0xffffffffL) && b < a + (count & 0xffffffffL);
    }

    public Range[] ranges() {
        return ranges.clone();
    }

    /** The sandbox's id for one of the namespace; {@link #NONE} if there is none. */
    public int outside(int inside) {
        for (Range range : ranges) {
            int offset = inside - range.inside;
            if (Integer.compareUnsigned(offset, range.count) < 0) {
                return range.outside + offset;
            }
        }
        return NONE;
    }

    /** The namespace's id for one of the sandbox; {@link #NONE} if there is none. */
    public int inside(int outside) {
        for (Range range : ranges) {
            int offset = outside - range.outside;
            if (Integer.compareUnsigned(offset, range.count) < 0) {
                return range.inside + offset;
            }
        }
        return NONE;
    }
}
