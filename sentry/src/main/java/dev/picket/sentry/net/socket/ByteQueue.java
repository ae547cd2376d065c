package dev.picket.sentry.net.socket;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import java.util.ArrayDeque;

/**
 * The bytes that wait to be read at one end of a stream, in chunks: bytes are copied once from the guest who writes and
 * once to the guest who reads. Its monitor guards it; it wakes nobody, but says when a writer is to be woken.
 *
 * <p>One byte may be urgent (out of band): reads stop before it and then pass over it, unless it is to be read in line.
 */
public final class ByteQueue {
    /** Answer of {@link #write}: nobody will read it any more. */
    public static final long REFUSED = -1;

    /** A piece that is copied at once; longer writes let the reader in between. */
    private static final int PIECE_BYTES = 64 * 1024;

    private static final int SMALLEST_CHUNK_BYTES = 1024;
    private static final int LARGEST_CHUNK_BYTES = 32 * 1024;

    /** A chunk of so much is kept for the next bytes, when all were read. */
    private static final int KEPT_CHUNK_BYTES = 4096;

    private final SocketBudget budget;

    // Guarded by this. Bytes are read at readOffset of the first chunk and written at writeOffset of the last.
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>(2);
    private int readOffset;
    private int writeOffset;
    private long length;
    private long chunkBytes;
    private long readEver;
    private boolean refused;

    // Where in the stream the urgent byte is, or was; -1 if there was none.
    private long urgentAt = -1;
    private boolean urgentRead;
    private byte urgentByte;

    // Written with the monitor held.
    private volatile boolean writerWaits;
    private volatile long writersLimit;

    public ByteQueue(SocketBudget budget) {
        this.budget = budget;
    }

    /**
     * Puts bytes at the end, as many as there is room for, at most one piece.
     *
     * @param limitBytes how much may wait at once
     * @return bytes taken; 0 if there is no room, and then {@link #writerCanGoOn} will be true some time; REFUSED
     */
    public synchronized long write(GuestBuffer source, long limitBytes) throws ErrnoException {
        if (refused) {
            return REFUSED;
        }
        long room = Math.min(limitBytes - length, PIECE_BYTES);
        long done = 0;
        while (done < room && source.remaining() > 0) {
            int free = makeRoom((int) Math.min(room - done, source.remaining()));
            if (free == 0) {
                break;
            }
            int wanted = (int) Math.min(free, Math.min(room - done, source.remaining()));
            int copied;
            try {
                copied = source.copyIn(chunks.peekLast(), writeOffset, wanted);
            } catch (ErrnoException e) {
                if (done == 0) {
                    throw e;
                }
                break;
            }
            writeOffset += copied;
            length += copied;
            done += copied;
            if (copied < wanted) {
                break;
            }
        }
        if (source.remaining() > 0 && done < PIECE_BYTES) {
            noteWriter(limitBytes);
        }
        return done;
    }

    /** Makes the last chunk one with room; answers how much, 0 if the sandbox's budget allows no more. */
    private int makeRoom(int wanted) {
        byte[] last = chunks.peekLast();
        if (last != null && length == 0) {
            readOffset = 0;
            writeOffset = 0;
        }
        if (last != null && writeOffset < last.length) {
            return last.length - writeOffset;
        }
        int size = SMALLEST_CHUNK_BYTES;
        while (size < wanted && size < LARGEST_CHUNK_BYTES) {
            size <<= 1;
        }
        if (!budget.reserve(size)) {
            if (length > 0) {
                return 0;
            }
            size = SMALLEST_CHUNK_BYTES;
            budget.reserveAlways(size);
        }
        chunks.addLast(new byte[size]);
        chunkBytes += size;
        writeOffset = 0;
        if (chunks.size() == 1) {
            readOffset = 0;
        }
        return size;
    }

    private void dropFirst() {
        byte[] gone = chunks.removeFirst();
        chunkBytes -= gone.length;
        budget.release(gone.length);
        readOffset = 0;
    }

    private void noteWriter(long limitBytes) {
        writersLimit = limitBytes;
        writerWaits = true;
    }

    /** Marks the byte that was written last as urgent. */
    public synchronized void markLastUrgent() {
        if (length == 0) {
            return; // it was read already, as a byte like any other
        }
        urgentAt = readEver + length - 1;
        urgentRead = false;
        urgentByte = chunks.peekLast()[writeOffset - 1];
    }

    /** Whether there is an urgent byte that was neither received nor passed over. */
    public synchronized boolean hasUrgent() {
        return urgentAt >= readEver && !urgentRead;
    }

    /** Whether there was an urgent byte, and the next read begins at it: SIOCATMARK. */
    public synchronized boolean isAtMark() {
        return urgentAt >= 0 && urgentAt == readEver;
    }

    /**
     * Takes the urgent byte out of its turn.
     *
     * @return it, or -1 if there is none
     */
    public synchronized int readUrgent(boolean peeks) {
        if (urgentAt < readEver || urgentRead) {
            return -1;
        }
        urgentRead = !peeks;
        return urgentByte & 0xff;
    }

    /**
     * Copies bytes to the guest, as many as there are, but not past an urgent byte.
     *
     * @param peeks leaves them here
     * @param urgentInLine the urgent byte is one like the others: SO_OOBINLINE
     * @return bytes copied, 0 if there are none
     */
    public synchronized long read(GuestBuffer destination, boolean peeks, boolean urgentInLine) throws ErrnoException {
        if (urgentAt == readEver && length > 0 && !urgentInLine) {
            if (peeks && length == 1) {
                return 0;
            }
            passOver();
        }
        long wanted = Math.min(length, destination.remaining());
        if (urgentAt > readEver && urgentAt - readEver < wanted) {
            wanted = urgentAt - readEver;
        }
        return copy(destination, wanted, peeks);
    }

    private void passOver() {
        urgentAt = -1;
        skip(1);
    }

    private long copy(GuestBuffer destination, long wanted, boolean peeks) throws ErrnoException {
        long done = 0;
        int offset = readOffset;
        for (var chunks = this.chunks.iterator(); done < wanted && chunks.hasNext(); ) {
            byte[] chunk = chunks.next();
            int piece = (int) Math.min(chunk.length - offset, wanted - done);
            int copied;
            try {
                copied = destination.copyOut(chunk, offset, piece);
            } catch (ErrnoException e) {
                if (done == 0) {
                    throw e;
                }
                break;
            }
            done += copied;
            offset = 0;
            if (copied < piece) {
                break;
            }
        }
        if (!peeks) {
            skip(done);
        }
        return done;
    }

    /** Takes bytes away without copying them: MSG_TRUNC of tcp(7). Answers how many. */
    public synchronized long discard(long atMost) {
        long count = Math.min(atMost, length);
        skip(count);
        return count;
    }

    private void skip(long count) {
        long left = count;
        while (left > 0) {
            int piece = (int) Math.min(chunks.peekFirst().length - readOffset, left);
            readOffset += piece;
            left -= piece;
            if (readOffset == chunks.peekFirst().length && chunks.size() > 1) {
                dropFirst();
            }
        }
        length -= count;
        readEver += count;
        if (length == 0 && chunkBytes > KEPT_CHUNK_BYTES) {
            dropFirst();
            writeOffset = 0;
        }
    }

    /**
     * Whether a writer that found no room is to be woken now: a third of the room is free, as Linux waits for, so that
     * writers do not wake for every byte. True once.
     */
    public boolean writerCanGoOn() {
        if (!writerWaits) {
            return false;
        }
        synchronized (this) {
            if (!writerWaits || !isRoomy(writersLimit)) {
                return false;
            }
            writerWaits = false;
            return true;
        }
    }

    /** Whether poll(2) calls it writable; if not, {@link #writerCanGoOn} will be true some time. */
    public synchronized boolean isWritable(long limitBytes) {
        if (refused || isRoomy(limitBytes)) {
            return true;
        }
        noteWriter(limitBytes);
        return false;
    }

    private boolean isRoomy(long limitBytes) {
        return length == 0 || (limitBytes - length) * 3 >= limitBytes && budget.hasRoom();
    }

    /** Bytes that wait. */
    public synchronized long length() {
        return length;
    }

    /** Bytes that can be read before an urgent one. */
    public synchronized long readable(boolean urgentInLine) {
        if (urgentInLine || urgentAt < readEver || urgentAt >= readEver + length) {
            return length;
        }
        return urgentAt == readEver ? length - 1 : urgentAt - readEver;
    }

    /** Bytes that were ever read. */
    public synchronized long readEver() {
        return readEver;
    }

    /**
     * Throws all away and takes no more: the reader has gone.
     *
     * @return whether there was something that nobody had read
     */
    public synchronized boolean close() {
        boolean lost = length > 0;
        refused = true;
        while (!chunks.isEmpty()) {
            dropFirst();
        }
        length = 0;
        readOffset = 0;
        writeOffset = 0;
        return lost;
    }

    /** Empties it for another connection. */
    public synchronized void reset() {
        close();
        refused = false;
        readEver = 0;
        urgentAt = -1;
        writerWaits = false;
    }
}
