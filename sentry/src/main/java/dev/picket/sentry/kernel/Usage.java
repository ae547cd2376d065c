package dev.picket.sentry.kernel;

/** What tasks have used: CPU time, memory, faults, switches; see getrusage(2). Not safe for threads. */
public final class Usage {
    private long userNanos;
    private long systemNanos;
    private long peakResidentBytes;
    private long minorFaults;
    private long voluntarySwitches;
    private long involuntarySwitches;

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

    /** Page faults, of those that the Sentry can know of. */
    public long minorFaults() {
        return minorFaults;
    }

    /** How often a task has waited. */
    public long voluntarySwitches() {
        return voluntarySwitches;
    }

    /** How often a task was stopped though it could have run on. */
    public long involuntarySwitches() {
        return involuntarySwitches;
    }

    /** Adds what one task has used of its own. */
    public void add(Task task) {
        add(task.userNanos(), task.systemNanos());
        minorFaults += task.minorFaults();
        voluntarySwitches += task.voluntarySwitches();
        involuntarySwitches += task.involuntarySwitches();
    }

    /** Adds page faults. */
    public void addMinorFaults(long faults) {
        minorFaults += faults;
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
        minorFaults += other.minorFaults;
        voluntarySwitches += other.voluntarySwitches;
        involuntarySwitches += other.involuntarySwitches;
    }
}
