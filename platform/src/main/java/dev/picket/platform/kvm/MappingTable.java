package dev.picket.platform.kvm;

import java.util.Collection;
import java.util.TreeMap;

/** The mappings of an address space by address. They do not overlap. Not thread-safe. */
final class MappingTable {
    private final TreeMap<Long, Mapping> byStart = new TreeMap<>();

    MappingTable copy() {
        var copy = new MappingTable();
        copy.byStart.putAll(byStart);
        return copy;
    }

    Collection<Mapping> all() {
        return byStart.values();
    }

    /** The mapping at an address, or null. */
    Mapping find(long address) {
        var entry = byStart.floorEntry(address);
        return entry != null && entry.getValue().end() > address ? entry.getValue() : null;
    }

    /** The first mapping that ends behind an address, or null. */
    Mapping firstEndingAfter(long address) {
        var found = find(address);
        if (found != null) {
            return found;
        }
        var next = byStart.higherEntry(address);
        return next == null ? null : next.getValue();
    }

    /** Adds a mapping where none is, and joins it with its neighbours. */
    void add(Mapping mapping) {
        var before = byStart.lowerEntry(mapping.start());
        if (before != null && mapping.continues(before.getValue())) {
            mapping = new Mapping(
                    before.getValue().start(),
                    mapping.end(),
                    mapping.view(),
                    before.getValue().offset(),
                    mapping.access());
        }
        var after = byStart.get(mapping.end());
        if (after != null && after.continues(mapping)) {
            byStart.remove(after.start());
            mapping = new Mapping(mapping.start(), after.end(), mapping.view(), mapping.offset(), mapping.access());
        }
        byStart.put(mapping.start(), mapping);
    }

    /** Makes sure that no mapping spans {@code address}. */
    void split(long address) {
        var found = find(address);
        if (found != null && found.start() < address) {
            byStart.put(found.start(), found.part(found.start(), address));
            byStart.put(address, found.part(address, found.end()));
        }
    }

    /** Removes what lies in a range. */
    void remove(long start, long end) {
        split(start);
        split(end);
        byStart.subMap(start, end).clear();
    }

    /** The mappings of a range, all of which lie within it: for a caller that has split at its ends. */
    Collection<Mapping> within(long start, long end) {
        return byStart.subMap(start, end).values();
    }

    void clear() {
        byStart.clear();
    }
}
