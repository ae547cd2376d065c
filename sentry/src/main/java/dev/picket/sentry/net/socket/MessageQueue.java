package dev.picket.sentry.net.socket;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The messages that wait to be read at one socket. Its monitor guards it; it wakes the reader and the writers. */
public final class MessageQueue {
    /** A message of so little is taken into an empty queue even when the sandbox's budget is used up. */
    public static final int ALWAYS_BYTES = 4096;

    private static final int WRITERS_BEFORE_PURGE = 1024;

    private final SocketBudget budget;
    private final WaitQueue reader;
    private final ArrayDeque<Message> messages = new ArrayDeque<>();

    // Who found no room, and is to be woken when there is some.
    private final Set<WaitQueue> blockedWriters = new LinkedHashSet<>();
    private long cost;
    private long bytes;
    private boolean ended;
    private boolean refused;

    /** @param reader woken when there is something to read */
    public MessageQueue(SocketBudget budget, WaitQueue reader) {
        this.budget = budget;
        this.reader = reader;
    }

    /** Outcome of {@link #offer}. */
    public enum Offer {
        TAKEN,
        /** The writer waits. */
        FULL,
        /** Nobody will read it any more. */
        REFUSED,
        /** The sandbox's sockets hold too much for a message of this length. */
        NO_MEMORY
    }

    /**
     * Whether something could be offered now; if not, {@code writer} is woken when it can. A queue that refuses all is
     * no reason to wait.
     *
     * @param limitBytes of cost; the last message may exceed it
     * @param limitMessages how many messages there may be
     * @param writer null if nobody waits for room
     */
    public synchronized boolean hasRoom(long limitBytes, int limitMessages, WaitQueue writer) {
        if (refused || isRoomy(limitBytes, limitMessages)) {
            return true;
        }
        noteBlocked(writer);
        return false;
    }

    /** Puts a message at the end, if there is room; see {@link #hasRoom}. Wakes the reader. */
    public Offer offer(Message message, long limitBytes, int limitMessages, WaitQueue writer) {
        synchronized (this) {
            if (refused) {
                return Offer.REFUSED;
            }
            if (!isRoomy(limitBytes, limitMessages)) {
                noteBlocked(writer);
                return Offer.FULL;
            }
            if (!reserve(message)) {
                return Offer.NO_MEMORY;
            }
            messages.addLast(message);
            cost += message.cost();
            bytes += message.length();
        }
        reader.wake(Poll.READABLE);
        return Offer.TAKEN;
    }

    private void noteBlocked(WaitQueue writer) {
        if (writer == null) {
            return;
        }
        if (blockedWriters.size() >= WRITERS_BEFORE_PURGE) {
            // Sockets that have gone are still noted; those that somebody waits on are as many as there are open ones.
            blockedWriters.removeIf(WaitQueue::isEmpty);
        }
        blockedWriters.add(writer);
    }

    /** What poll(2) calls room must be room for any message, or a writer that polls would spin. */
    private boolean isRoomy(long limitBytes, int limitMessages) {
        return messages.isEmpty() || cost < limitBytes && messages.size() < limitMessages && budget.hasRoom();
    }

    private boolean reserve(Message message) {
        if (budget.reserve(message.cost())) {
            return true;
        }
        if (messages.isEmpty() && message.length() <= ALWAYS_BYTES) {
            budget.reserveAlways(message.cost());
            return true;
        }
        return false;
    }

    /**
     * Receives from a stream: as many bytes as there are, but no further than a message with files or, if {@code
     * keepsSendersApart}, from another sender.
     *
     * @return bytes received; 0 at the end; WOULD_BLOCK
     */
    public long receiveStream(ReceiveRequest request, boolean keepsSendersApart) throws ErrnoException {
        if (request.destination.remaining() == 0) {
            return 0;
        }
        long done = 0;
        Set<WaitQueue> writers;
        synchronized (this) {
            if (messages.isEmpty()) {
                return ended ? 0 : OpenFile.WOULD_BLOCK;
            }
            List<Message> used = new ArrayList<>(1);
            for (var message : messages) {
                if (request.destination.remaining() == 0) {
                    break;
                }
                if (keepsSendersApart
                        && request.sender() != null
                        && !request.sender().equals(message.sender())) {
                    break;
                }
                int wanted = (int) Math.min(message.length(), request.destination.remaining());
                int copied;
                try {
                    copied = request.destination.copyOut(message.data(), message.start, wanted);
                } catch (ErrnoException e) {
                    if (done == 0) {
                        throw e;
                    }
                    break;
                }
                done += copied;
                request.setSender(message.senderAddress(), message.sender());
                boolean hasFiles = message.files != null;
                takeFiles(request, message);
                if (!request.peeks()) {
                    message.start += copied;
                    bytes -= copied;
                    if (message.length() == 0) {
                        used.add(message);
                    }
                }
                if (hasFiles || copied < wanted || message.length() > 0 && !request.peeks()) {
                    break;
                }
            }
            for (int count = used.size(); count > 0; count--) {
                remove(messages.removeFirst());
            }
            writers = takeBlockedWriters();
        }
        wake(writers);
        return done;
    }

    /**
     * Receives one message.
     *
     * @return bytes received, or with {@code wantsFullLength} the message's length; 0 at the end; WOULD_BLOCK
     */
    public long receiveMessage(ReceiveRequest request) throws ErrnoException {
        long answer;
        Set<WaitQueue> writers;
        synchronized (this) {
            var message = messages.peekFirst();
            if (message == null) {
                return ended ? 0 : OpenFile.WOULD_BLOCK;
            }
            int wanted = (int) Math.min(message.length(), request.destination.remaining());
            int copied = 0;
            if (wanted > 0) {
                copied = request.destination.copyOut(message.data(), message.start, wanted);
                if (copied < wanted) {
                    throw ErrnoException.of(Errno.EFAULT);
                }
            }
            request.setTruncated(copied < message.length());
            request.setMessage(message);
            answer = request.wantsFullLength() ? message.length() : copied;
            request.setSender(message.senderAddress(), message.sender());
            takeFiles(request, message);
            if (!request.peeks()) {
                messages.removeFirst();
                bytes -= message.length();
                remove(message);
            }
            writers = takeBlockedWriters();
        }
        wake(writers);
        return answer;
    }

    private void takeFiles(ReceiveRequest request, Message message) {
        if (message.files == null) {
            return;
        }
        if (request.peeks()) {
            message.files.forEach(OpenFile::retain);
        } else {
            budget.land(message.files.size());
        }
        request.addFiles(message.files);
        if (!request.peeks()) {
            message.files = null;
        }
    }

    private void remove(Message message) {
        cost -= message.cost();
        budget.release(message.cost());
    }

    private Set<WaitQueue> takeBlockedWriters() {
        if (blockedWriters.isEmpty()) {
            return Set.of();
        }
        var writers = new LinkedHashSet<>(blockedWriters);
        blockedWriters.clear();
        return writers;
    }

    private static void wake(Set<WaitQueue> writers) {
        for (var writer : writers) {
            writer.wake(Poll.WRITABLE);
        }
    }

    /** No more messages come: what is there can still be read. */
    public void end() {
        synchronized (this) {
            ended = true;
        }
        reader.wake(Poll.READABLE | Poll.POLLRDHUP | Poll.POLLHUP);
    }

    /** No more messages are taken: writers are told. */
    public void refuse() {
        Set<WaitQueue> writers;
        synchronized (this) {
            refused = true;
            writers = takeBlockedWriters();
        }
        wake(writers);
    }

    /**
     * Throws away all messages and takes no more: the reader has gone.
     *
     * @return whether there was something that nobody had read
     */
    public boolean discard() {
        List<Message> lost;
        Set<WaitQueue> writers;
        synchronized (this) {
            refused = true;
            ended = true;
            lost = new ArrayList<>(messages);
            messages.clear();
            cost = 0;
            bytes = 0;
            writers = takeBlockedWriters();
        }
        for (var message : lost) {
            budget.release(message.cost());
            if (message.files != null) {
                budget.land(message.files.size());
                budget.drop(message.files);
            }
        }
        wake(writers);
        return !lost.isEmpty();
    }

    /** Whether there is nothing to read. */
    public synchronized boolean isEmpty() {
        return messages.isEmpty();
    }

    /** Whether no more messages come. */
    public synchronized boolean hasEnded() {
        return ended;
    }

    /** Whether no more messages are taken. */
    public synchronized boolean isRefused() {
        return refused;
    }

    /** Bytes that wait to be read. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Length of the first message; 0 if there is none. */
    public synchronized int firstLength() {
        var first = messages.peekFirst();
        return first == null ? 0 : first.length();
    }

    /** What the messages take of the socket's buffer. */
    public synchronized long cost() {
        return cost;
    }
}
