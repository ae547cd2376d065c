package dev.picket.sentry.pipe;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;

/**
 * A pipe: a bounded buffer with readers and writers; see pipe(7).
 *
 * <p>Guests use it through {@link PipeEnd}s. The Sentry itself may hold an end too: {@link #addReader} or {@link
 * #addWriter}, then {@link #readBytes} or {@link #writeBytes}, which never block, and {@link #waiters} to hear of changes.
 *
 * <p>The buffer is a ring that grows with what is in it, up to the capacity, so an idle pipe costs little.
 */
public final class Pipe {
    /** A write of up to so many bytes is never interleaved with others; POSIX wants at least 512. */
    public static final int PIPE_BUF = 4096;

    /** Capacity of a new pipe. */
    public static final int DEFAULT_CAPACITY_BYTES = 64 * 1024;

    /** Most that F_SETPIPE_SZ gives: fs.pipe-max-size. */
    public static final int MAXIMUM_CAPACITY_BYTES = 1024 * 1024;

    /** Smallest capacity: one page. */
    public static final int MINIMUM_CAPACITY_BYTES = 4096;

    private static final int FIRST_BUFFER_BYTES = 1024;
    private static final byte[] EMPTY = {};

    private final PipeBudget budget;
    private final WaitQueue waiters = new WaitQueue();

    private byte[] ring = EMPTY;
    private int start;
    private int length;
    private int capacity;
    private int readers;
    private int writers;

    // How often an end was opened: an open of a FIFO waits for the other end's, even if that one has gone since.
    private long readersEver;
    private long writersEver;

    /** A pipe without ends yet; it takes from the budget with its first end, and gives back with its last. */
    public Pipe(PipeBudget budget) {
        this.budget = budget;
    }

    /** Woken with POLLIN, POLLOUT, POLLHUP, POLLERR whenever one of them may have become true for an end. */
    public WaitQueue waiters() {
        return waiters;
    }

    /** One more holds the reading end. */
    public void addReader() {
        synchronized (this) {
            prepareIfUnused();
            readers++;
            readersEver++;
        }
        waiters.wake(WRITABLE);
    }

    /** One more holds the writing end. */
    public void addWriter() {
        synchronized (this) {
            prepareIfUnused();
            writers++;
            writersEver++;
        }
        waiters.wake(READABLE);
    }

    /** One less holds the reading end. After the last one writers get EPIPE. */
    public void removeReader() {
        synchronized (this) {
            readers--;
            discardIfUnused();
        }
        waiters.wake(WRITABLE | POLLERR | POLLHUP);
    }

    /** One less holds the writing end. After the last one readers find the end of the stream. */
    public void removeWriter() {
        synchronized (this) {
            writers--;
            discardIfUnused();
        }
        waiters.wake(READABLE | POLLHUP | POLLRDHUP);
    }

    synchronized int readers() {
        return readers;
    }

    synchronized int writers() {
        return writers;
    }

    synchronized long readersEver() {
        return readersEver;
    }

    synchronized long writersEver() {
        return writersEver;
    }

    /** Bytes that can be read: FIONREAD. */
    public synchronized int available() {
        return length;
    }

    /** F_GETPIPE_SZ. */
    public synchronized int capacity() {
        return capacity;
    }

    /**
     * F_SETPIPE_SZ: rounded up to a power of two pages.
     *
     * @return the new capacity
     * @throws ErrnoException EINVAL for 0 or beyond 2 GiB, EPERM beyond the maximum or the sandbox's budget, EBUSY if more
     *     is in the pipe
     */
    public int setCapacity(long bytes) throws ErrnoException {
        if (bytes <= 0 || bytes > 1L << 31) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (bytes > MAXIMUM_CAPACITY_BYTES) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int wanted =
                bytes <= MINIMUM_CAPACITY_BYTES ? MINIMUM_CAPACITY_BYTES : Integer.highestOneBit((int) bytes - 1) << 1;
        synchronized (this) {
            if (wanted < length) {
                throw ErrnoException.of(Errno.EBUSY);
            }
            if (wanted > capacity && !budget.reserve(wanted - capacity)) {
                throw ErrnoException.of(Errno.EPERM);
            }
            if (wanted < capacity) {
                budget.release(capacity - wanted);
            }
            capacity = wanted;
            if (ring.length > capacity) {
                resize(capacity);
            }
        }
        waiters.wake(WRITABLE);
        return wanted;
    }

    /** read(2) on the reading end. */
    long read(GuestBuffer destination) throws ErrnoException {
        if (destination.remaining() == 0) {
            return 0;
        }
        long done = 0;
        synchronized (this) {
            if (length == 0) {
                return writers == 0 ? 0 : OpenFile.WOULD_BLOCK;
            }
            while (length > 0 && destination.remaining() > 0) {
                int piece = (int) Math.min(contiguous(), destination.remaining());
                int copied;
                try {
                    copied = destination.copyOut(ring, start, piece);
                } catch (ErrnoException e) {
                    if (done == 0) {
                        throw e;
                    }
                    break;
                }
                consume(copied);
                done += copied;
                if (copied < piece) {
                    break;
                }
            }
        }
        waiters.wake(WRITABLE);
        return done;
    }

    /** write(2) on the writing end; EPIPE without readers: the system call adds the SIGPIPE. */
    long write(GuestBuffer source) throws ErrnoException {
        if (source.remaining() == 0) {
            return 0;
        }
        long done = 0;
        synchronized (this) {
            if (readers == 0) {
                throw ErrnoException.of(Errno.EPIPE);
            }
            int free = capacity - length;
            if (free == 0 || source.remaining() <= PIPE_BUF && source.remaining() > free) {
                return OpenFile.WOULD_BLOCK;
            }
            while (length < capacity && source.remaining() > 0) {
                int piece = reserve((int) Math.min(capacity - length, source.remaining()));
                int copied;
                try {
                    copied = source.copyIn(ring, end(), piece);
                } catch (ErrnoException e) {
                    if (done == 0) {
                        throw e;
                    }
                    break;
                }
                length += copied;
                done += copied;
                if (copied < piece) {
                    break;
                }
            }
        }
        waiters.wake(READABLE);
        return done;
    }

    /**
     * Reads as the Sentry itself.
     *
     * @return bytes read, 0 if there are none now, -1 at the end of the stream
     */
    public int readBytes(byte[] destination, int offset, int count) {
        int done;
        synchronized (this) {
            if (length == 0) {
                return writers == 0 ? -1 : 0;
            }
            done = peek(destination, offset, count);
            consume(done);
        }
        waiters.wake(WRITABLE);
        return done;
    }

    /**
     * Writes as the Sentry itself.
     *
     * @return bytes written, 0 if there is no room now, -1 if nobody can read it any more
     */
    public int writeBytes(byte[] source, int offset, int count) {
        int done = 0;
        synchronized (this) {
            if (readers == 0) {
                return -1;
            }
            while (done < count && length < capacity) {
                int piece = reserve(Math.min(capacity - length, count - done));
                System.arraycopy(source, offset + done, ring, end(), piece);
                length += piece;
                done += piece;
            }
        }
        if (done > 0) {
            waiters.wake(READABLE);
        }
        return done;
    }

    /**
     * Copies what can be read without taking it, for tee(2) and splice(2).
     *
     * @return bytes copied, 0 if there are none now, -1 at the end of the stream
     */
    public synchronized int peekBytes(byte[] destination, int offset, int count) {
        if (length == 0) {
            return writers == 0 ? -1 : 0;
        }
        return peek(destination, offset, count);
    }

    /** Free room, and -1 without readers. */
    public synchronized int room() {
        return readers == 0 ? -1 : capacity - length;
    }

    /**
     * Events of the reading end that are true now.
     *
     * @param writersBefore what {@link #writersEver()} was when the end was opened without a writer, otherwise -1: Linux
     *     reports no hang-up to a reader of a FIFO that has not had a writer yet
     */
    synchronized int readReadiness(long writersBefore) {
        int events = length > 0 ? READABLE : 0;
        if (writers == 0 && writersEver != writersBefore) {
            events |= POLLHUP;
        }
        return events;
    }

    /** Events of the writing end that are true now. */
    synchronized int writeReadiness() {
        int events = capacity - length >= PIPE_BUF ? WRITABLE : 0;
        if (readers == 0) {
            events |= POLLERR;
        }
        return events;
    }

    private void prepareIfUnused() {
        if (readers > 0 || writers > 0) {
            return;
        }
        if (budget.reserve(DEFAULT_CAPACITY_BYTES)) {
            capacity = DEFAULT_CAPACITY_BYTES;
        } else {
            budget.reserveAlways(MINIMUM_CAPACITY_BYTES);
            capacity = MINIMUM_CAPACITY_BYTES;
        }
    }

    private void discardIfUnused() {
        if (readers == 0 && writers == 0) {
            ring = EMPTY;
            start = 0;
            length = 0;
            budget.release(capacity);
            capacity = 0;
        }
    }

    private int peek(byte[] destination, int offset, int count) {
        int done = Math.min(count, length);
        int first = Math.min(done, ring.length - start);
        System.arraycopy(ring, start, destination, offset, first);
        System.arraycopy(ring, 0, destination, offset + first, done - first);
        return done;
    }

    private int contiguous() {
        return Math.min(length, ring.length - start);
    }

    private int end() {
        int end = start + length;
        return end >= ring.length ? end - ring.length : end;
    }

    private void consume(int bytes) {
        length -= bytes;
        start = length == 0 ? 0 : (start + bytes) % ring.length;
    }

    /** Makes room for at least one byte and at most {@code wanted} behind the end; answers how many are contiguous. */
    private int reserve(int wanted) {
        if (ring.length - length < wanted && ring.length < capacity) {
            int size = Math.max(ring.length, FIRST_BUFFER_BYTES);
            while (size < length + wanted) {
                size <<= 1;
            }
            resize(Math.min(size, capacity));
        }
        int end = end();
        int room = end >= start && length < ring.length ? ring.length - end : start - end;
        return Math.min(wanted, room);
    }

    private void resize(int size) {
        byte[] larger = new byte[size];
        peek(larger, 0, length);
        ring = larger;
        start = 0;
    }
}
