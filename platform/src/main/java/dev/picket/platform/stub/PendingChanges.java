package dev.picket.platform.stub;

import dev.picket.platform.MemoryFile;
import java.util.TreeMap;

/**
 * Changes of a stub's mappings that the Sentry has asked for and the stub has not made yet, as ranges that do not
 * overlap: a later change replaces what earlier ones said of the same addresses. Not thread-safe.
 */
public final class PendingChanges {
    public enum Kind {
        MAP,
        PROTECT,
        UNMAP
    }

    /** One range and what becomes of it; {@code file}, {@code offset} and {@code populate} belong to MAP. */
    public record Change(long start, long end, Kind kind, int access, MemoryFile file, long offset, boolean populate) {
        private Change part(long from, long to) {
            return new Change(from, to, kind, access, file, offset + (from - start), populate);
        }

        private Change withAccess(int newAccess) {
            return new Change(start, end, kind, newAccess, file, offset, populate);
        }

        private boolean continues(Change before) {
            return before.end == start
                    && before.kind == kind
                    && before.access == access
                    && before.file == file
                    && before.populate == populate
                    && (kind != Kind.MAP || before.offset + (before.end - before.start) == offset);
        }
    }

    private final TreeMap<Long, Change> changes = new TreeMap<>();

    public boolean isEmpty() {
        return changes.isEmpty();
    }

    /** Takes the change with the lowest address out, or null if there is none. */
    public Change poll() {
        var first = changes.pollFirstEntry();
        return first == null ? null : first.getValue();
    }

    public void map(long start, long end, MemoryFile file, long offset, int access, boolean populate) {
        replace(new Change(start, end, Kind.MAP, access, file, offset, populate));
    }

    public void unmap(long start, long end) {
        replace(new Change(start, end, Kind.UNMAP, 0, null, 0, false));
    }

    /** Changes the access of a range in which everything is mapped, or will be. */
    public void protect(long start, long end, int access) {
        split(start);
        split(end);
        long at = start;
        while (at < end) {
            var change = changes.ceilingEntry(at);
            long gapEnd = change == null ? end : Math.min(end, change.getKey());
            if (at < gapEnd) {
                insert(new Change(at, gapEnd, Kind.PROTECT, access, null, 0, false));
                at = gapEnd;
            } else {
                changes.put(at, change.getValue().withAccess(access));
                at = change.getValue().end;
            }
        }
    }

    private void replace(Change change) {
        split(change.start);
        split(change.end);
        changes.subMap(change.start, change.end).clear();
        insert(change);
    }

    private void insert(Change change) {
        var before = changes.lowerEntry(change.start);
        if (before != null && change.continues(before.getValue())) {
            var first = before.getValue();
            change = new Change(
                    first.start, change.end, first.kind, first.access, first.file, first.offset, first.populate);
        }
        changes.put(change.start, change);
    }

    /** Makes sure that no change spans {@code address}. */
    private void split(long address) {
        var below = changes.lowerEntry(address);
        if (below != null && below.getValue().end > address) {
            var change = below.getValue();
            changes.put(change.start, change.part(change.start, address));
            changes.put(address, change.part(address, change.end));
        }
    }
}
