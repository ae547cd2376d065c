package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Msg;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.wait.WaitQueue;
import java.util.Iterator;
import java.util.LinkedList;

/** A queue of messages; see msgget(2). Its monitor guards it. */
public final class MessageQueue extends IpcObject {
    /** What a receiver and a sender wait for: the events of {@link #waiters}. */
    public static final int RECEIVABLE = 1;

    public static final int SENDABLE = 4;

    /** What a message costs on the heap beside its bytes, about. */
    private static final long MESSAGE_BYTES = 96;

    /** A message; its contents are never changed. */
    public record Message(long type, byte[] content) {
        private long cost() {
            return content.length + MESSAGE_BYTES;
        }
    }

    /**
     * What msgrcv(2) asks for.
     *
     * @param sizeLimit most bytes, not negative
     * @param flags MSG_NOERROR, MSG_EXCEPT, MSG_COPY
     */
    public record Wanted(long type, long sizeLimit, int flags, int process) {
        private boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    /** What msgctl(2) shows of a queue. */
    public record Status(
            Ownership ownership,
            long sendSeconds,
            long receiveSeconds,
            long bytes,
            long messages,
            long limitBytes,
            int lastSender,
            int lastReceiver) {}

    private final IpcLimits limits;
    private final LinkedList<Message> messages = new LinkedList<>();
    private final WaitQueue waiters = new WaitQueue();
    private long bytes;
    private long limitBytes;
    private long sendSeconds;
    private long receiveSeconds;
    private int lastSender;
    private int lastReceiver;

    MessageQueue(Credentials maker, int key, int flags, IpcLimits limits) {
        super(maker, key, flags);
        this.limits = limits;
        this.limitBytes = limits.msgmnb();
    }

    public synchronized Status status() {
        return new Status(
                ownership(), sendSeconds, receiveSeconds, bytes, messages.size(), limitBytes, lastSender, lastReceiver);
    }

    /** Woken when a message or room for one may have come, and when the queue or who may use it changes. */
    public WaitQueue waiters() {
        return waiters;
    }

    private void checkUsable(Credentials caller, int permission) throws ErrnoException {
        if (isRemoved()) {
            throw ErrnoException.of(Errno.EIDRM);
        }
        checkAccess(caller, permission);
    }

    /**
     * Sends, if there is room.
     *
     * @return false if there is none
     * @throws ErrnoException EACCES, EIDRM, ENOMEM
     */
    public boolean send(Credentials caller, int process, Message message) throws ErrnoException {
        synchronized (this) {
            checkUsable(caller, 0222);
            if (bytes + message.content.length > limitBytes || messages.size() + 1 > limitBytes) {
                return false;
            }
            limits.take(message.cost());
            messages.add(message);
            bytes += message.content.length;
            sendSeconds = nowSeconds();
            lastSender = process;
        }
        waiters.wake(RECEIVABLE);
        return true;
    }

    /**
     * Receives.
     *
     * @return the message, or null if none fits what is wanted
     * @throws ErrnoException EACCES, EIDRM, E2BIG, and EINVAL for a copy that is too long
     */
    public Message receive(Credentials caller, Wanted wanted) throws ErrnoException {
        Message found;
        synchronized (this) {
            checkUsable(caller, 0444);
            found = find(wanted);
            if (found == null) {
                return null;
            }
            if (found.content.length > wanted.sizeLimit && !wanted.has(Msg.MSG_NOERROR)) {
                throw ErrnoException.of(Errno.E2BIG);
            }
            if (wanted.has(Msg.MSG_COPY)) {
                // Linux copies into a message of the buffer's size, and finds that too small.
                if (found.content.length > wanted.sizeLimit) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                return found;
            }
            messages.removeFirstOccurrence(found);
            bytes -= found.content.length;
            receiveSeconds = nowSeconds();
            lastReceiver = wanted.process;
        }
        limits.giveBack(found.cost());
        waiters.wake(SENDABLE);
        return found;
    }

    private Message find(Wanted wanted) {
        long type = wanted.type;
        if (wanted.has(Msg.MSG_COPY)) {
            return type >= 0 && type < messages.size() ? messages.get((int) type) : null;
        }
        if (type == 0) {
            return messages.peekFirst();
        }
        long highest = type == Long.MIN_VALUE ? Long.MAX_VALUE : -type;
        Message lowest = null;
        for (Iterator<Message> all = messages.iterator(); all.hasNext(); ) {
            var message = all.next();
            if (type > 0) {
                if ((message.type == type) != wanted.has(Msg.MSG_EXCEPT)) {
                    return message;
                }
            } else if (message.type <= highest && (lowest == null || message.type < lowest.type)) {
                lowest = message;
            }
        }
        return lowest;
    }

    /** IPC_SET of msgctl(2): EPERM, EINVAL. */
    void change(Credentials caller, int user, int group, int mode, long newLimitBytes) throws ErrnoException {
        synchronized (this) {
            checkControl(caller);
            if (Long.compareUnsigned(newLimitBytes, limits.msgmnb()) > 0 && !caller.has(Credentials.CAP_SYS_RESOURCE)) {
                throw ErrnoException.of(Errno.EPERM);
            }
            setOwner(user, group, mode);
            limitBytes = newLimitBytes < 0 ? Long.MAX_VALUE : newLimitBytes;
        }
        waiters.wake(RECEIVABLE | SENDABLE);
    }

    /** The queue is gone, with its messages. */
    void remove(Credentials caller) throws ErrnoException {
        long freed = 0;
        synchronized (this) {
            checkControl(caller);
            if (isRemoved()) {
                throw ErrnoException.of(Errno.EIDRM);
            }
            setRemoved();
            for (var message : messages) {
                freed += message.cost();
            }
            messages.clear();
        }
        limits.giveBack(freed);
        waiters.wake(RECEIVABLE | SENDABLE);
    }
}
