package dev.picket.sentry.fs.mqueue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mqueue;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits of message queues: those of /proc/sys/fs/mqueue, RLIMIT_MSGQUEUE of each user, and how much of the heap messages
 * may take. Any thread may call.
 */
public final class MqueueLimits {
    /** What Linux counts for a message that there is room for, and for a priority in use. */
    private static final long MESSAGE_BYTES = 48;

    private static final long PRIORITY_BYTES = 48;

    // The settings; each counts by itself.
    private volatile int queuesMax = 256;
    private volatile int msgMax = 10;
    private volatile int msgDefault = 10;
    private volatile int msgsizeMax = 8192;
    private volatile int msgsizeDefault = 8192;

    private final long heapLimitBytes;
    private long heapBytes;
    private int queues;
    private final Map<Integer, Long> bytesOfUsers = new HashMap<>();

    MqueueLimits(long heapLimitBytes) {
        this.heapLimitBytes = heapLimitBytes;
    }

    /** Checks the size of a new queue: EINVAL, EOVERFLOW. */
    void checkSize(Credentials maker, long maxMessages, long messageBytes) throws ErrnoException {
        boolean privileged = maker.has(Credentials.CAP_SYS_RESOURCE);
        if (maxMessages <= 0
                || messageBytes <= 0
                || maxMessages > (privileged ? Mqueue.HARD_MSGMAX : msgMax)
                || messageBytes > (privileged ? Mqueue.HARD_MSGSIZEMAX : msgsizeMax)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** What a queue counts against RLIMIT_MSGQUEUE; see getrlimit(2). */
    static long sizeBytes(long maxMessages, long messageBytes) {
        return maxMessages * messageBytes
                + maxMessages * MESSAGE_BYTES
                + Math.min(maxMessages, Mqueue.MQ_PRIO_MAX) * PRIORITY_BYTES;
    }

    /** Takes a place for a queue: ENOSPC if there are too many, EMFILE beyond RLIMIT_MSGQUEUE. */
    synchronized void takeQueue(Credentials maker, long sizeBytes, long userLimitBytes) throws ErrnoException {
        if (queues >= queuesMax && !maker.has(Credentials.CAP_SYS_RESOURCE)) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        long used = bytesOfUsers.getOrDefault(maker.realUser(), 0L);
        if (sizeBytes > userLimitBytes - used) {
            throw ErrnoException.of(Errno.EMFILE);
        }
        queues++;
        bytesOfUsers.put(maker.realUser(), used + sizeBytes);
    }

    synchronized void giveBackQueue(int user, long sizeBytes) {
        queues--;
        bytesOfUsers.computeIfPresent(user, (key, used) -> used == sizeBytes ? null : used - sizeBytes);
    }

    /** Takes part of the heap for a message: ENOMEM. */
    synchronized void takeHeap(long bytes) throws ErrnoException {
        if (bytes > heapLimitBytes - heapBytes) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        heapBytes += bytes;
    }

    synchronized void giveBackHeap(long bytes) {
        heapBytes -= bytes;
    }

    /** Most queues. */
    public int queuesMax() {
        return queuesMax;
    }

    public void setQueuesMax(int count) {
        queuesMax = count;
    }

    /** Most messages that an unprivileged maker may ask for. */
    public int msgMax() {
        return msgMax;
    }

    public void setMsgMax(int count) {
        msgMax = count;
    }

    /** Messages that fit into a queue whose maker does not say. */
    public int msgDefault() {
        return msgDefault;
    }

    public void setMsgDefault(int count) {
        msgDefault = count;
    }

    /** Longest messages that an unprivileged maker may ask for. */
    public int msgsizeMax() {
        return msgsizeMax;
    }

    public void setMsgsizeMax(int bytes) {
        msgsizeMax = bytes;
    }

    /** Length of messages of a queue whose maker does not say. */
    public int msgsizeDefault() {
        return msgsizeDefault;
    }

    public void setMsgsizeDefault(int bytes) {
        msgsizeDefault = bytes;
    }
}
