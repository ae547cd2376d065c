package dev.picket.sentry.memory;

/** A range of guest addresses, kept in a {@link RangeList}. Bounds are page-aligned; {@code end} is not part of it. */
abstract class Range {
    long start;
    long end;

    final long length() {
        return end - start;
    }
}
