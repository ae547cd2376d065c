package dev.picket.sentry.kernel;

import java.util.concurrent.atomic.LongAdder;

/** What a process has read and written, for /proc/PID/io. Any thread may call. */
public final class IoCounters {
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder writtenBytes = new LongAdder();
    private final LongAdder reads = new LongAdder();
    private final LongAdder writes = new LongAdder();

    /** One read more, of so many bytes. */
    public void countRead(long bytes) {
        reads.increment();
        readBytes.add(Math.max(0, bytes));
    }

    /** One write more, of so many bytes. */
    public void countWrite(long bytes) {
        writes.increment();
        writtenBytes.add(Math.max(0, bytes));
    }

    /** Bytes that calls have read, from wherever (rchar). */
    public long readBytes() {
        return readBytes.sum();
    }

    /** Bytes that calls have written (wchar). */
    public long writtenBytes() {
        return writtenBytes.sum();
    }

    /** Calls that read (syscr). */
    public long reads() {
        return reads.sum();
    }

    /** Calls that wrote (syscw). */
    public long writes() {
        return writes.sum();
    }
}
