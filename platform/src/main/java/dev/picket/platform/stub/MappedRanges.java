package dev.picket.platform.stub;

import java.util.TreeMap;

/** Which addresses of a stub have something mapped: ranges that do not touch. Not thread-safe. */
public final class MappedRanges {
    /** What to do with a range. */
    public interface Visitor {
        void visit(long start, long end);
    }

    private final TreeMap<Long, Long> endsByStart = new TreeMap<>();

    public MappedRanges copy() {
        var copy = new MappedRanges();
        copy.endsByStart.putAll(endsByStart);
        return copy;
    }

    public void add(long start, long end) {
        var before = endsByStart.floorEntry(start);
        if (before != null && before.getValue() >= start) {
            if (before.getValue() >= end) {
                return;
            }
            start = before.getKey();
        }
        var next = endsByStart.ceilingEntry(start);
        while (next != null && next.getKey() <= end) {
            end = Math.max(end, next.getValue());
            endsByStart.remove(next.getKey());
            next = endsByStart.ceilingEntry(start);
        }
        endsByStart.put(start, end);
    }

    public void remove(long start, long end) {
        var before = endsByStart.lowerEntry(start);
        if (before != null && before.getValue() > start) {
            endsByStart.put(before.getKey(), start);
            if (before.getValue() > end) {
                endsByStart.put(end, before.getValue());
                return;
            }
        }
        var next = endsByStart.ceilingEntry(start);
        while (next != null && next.getKey() < end) {
            endsByStart.remove(next.getKey());
            if (next.getValue() > end) {
                endsByStart.put(end, next.getValue());
                return;
            }
            next = endsByStart.ceilingEntry(start);
        }
    }

    /** Visits the parts of the range that are mapped, in ascending order. The visitor must not change this object. */
    public void forEach(long start, long end, Visitor visitor) {
        var range = endsByStart.floorEntry(start);
        if (range == null || range.getValue() <= start) {
            range = endsByStart.higherEntry(start);
        }
        while (range != null && range.getKey() < end) {
            visitor.visit(Math.max(start, range.getKey()), Math.min(end, range.getValue()));
            range = endsByStart.higherEntry(range.getKey());
        }
    }
}
