package dev.picket.sentry.kernel;

/** CPU time used, in nanoseconds. Not safe for threads. */
public final class Usage {
    private long userNanos;
    private long systemNanos;
    private long peakResidentBytes;

    public long userNanos() {
        return userNanos;
    }

    public long systemNanos() {
        return systemNanos;
    }

    /** The most memory that one of the processes had in use; see ru_maxrss in getrusage(2). */
    public long peakResidentBytes() {
        return peakResidentBytes;
    }

    /** Adds CPU time. */
    public void add(long user, long system) {
        userNanos += user;
        systemNanos += system;
    }

    /** Notes that a process had this much memory in use. */
    public void addPeak(long residentBytes) {
        peakResidentBytes = Math.max(peakResidentBytes, residentBytes);
    }

    /** Adds another usage; of the two peaks the higher one counts. */
    public void add(Usage other) {
        add(other.userNanos, other.systemNanos);
        addPeak(other.peakResidentBytes);
    }
}
