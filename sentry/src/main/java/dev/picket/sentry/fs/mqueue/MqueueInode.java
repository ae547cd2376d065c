package dev.picket.sentry.fs.mqueue;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedInode;
import dev.picket.sentry.vfs.AttributeChange;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.WaitQueue;
import java.util.ArrayDeque;
import java.util.TreeMap;

/** A message queue. Its monitor guards what is in it; its name may go while it is open. */
public final class MqueueInode extends GeneratedInode {
    /** What a message costs on the heap beside its bytes, about. */
    private static final long MESSAGE_BYTES = 128;

    /** What stat(2) shows as the size: that of the text which read(2) gives. */
    private static final int STATUS_BYTES = 80;

    /** A message; its contents are never changed. */
    public record Message(int priority, byte[] content) {}

    /** Somebody who asked by mq_notify(2) to be told of the first message. */
    public interface Notice {
        void messageCame(int senderProcess, int senderUser);

        /** Nobody wants to know any more. */
        default void removed() {}
    }

    /**
     * A {@link Notice} that waits for its message.
     *
     * @param owner the descriptor table by which it was asked for: if one of its descriptors of this is closed, it ends
     * @param kind SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD
     */
    private record Registration(Object owner, int process, int kind, int signal, Notice notice) {}

    private final MqueueLimits limits;
    private final int creator;
    private final long sizeBytes;
    private final long maxMessages;
    private final long messageBytes;
    private final WaitQueue waiters = new WaitQueue();

    // Messages, the highest priority first; of equal ones, the oldest first.
    private final TreeMap<Integer, ArrayDeque<Message>> messages = new TreeMap<>();
    private int count;
    private long contentBytes;
    private int waitingReceivers;
    private Registration registration;
    private boolean linked = true;
    private int openFiles;

    private int permissions;
    private int user;
    private int group;
    private long accessNanos = FileClock.nowNanos();
    private long modificationNanos = accessNanos;
    private long changeNanos = accessNanos;

    MqueueInode(MqueueFileSystem fileSystem, Credentials maker, int permissions, long maxMessages, long messageBytes) {
        super(fileSystem, FileMode.S_IFREG, Owner.ROOT);
        this.limits = fileSystem.limits();
        this.creator = maker.realUser();
        this.sizeBytes = MqueueLimits.sizeBytes(maxMessages, messageBytes);
        this.maxMessages = maxMessages;
        this.messageBytes = messageBytes;
        this.permissions = permissions;
        this.user = maker.fileSystemUser();
        this.group = maker.fileSystemGroup();
    }

    /** Messages that there is room for. */
    public long maxMessages() {
        return maxMessages;
    }

    /** Longest message. */
    public long messageBytes() {
        return messageBytes;
    }

    /** Messages that are here now. */
    public synchronized int count() {
        return count;
    }

    /** Woken when messages, or room for them, may have come. */
    public WaitQueue waiters() {
        return waiters;
    }

    synchronized int readiness() {
        return (count > 0 ? READABLE : 0) | (count < maxMessages ? WRITABLE : 0);
    }

    /**
     * Sends, if there is room.
     *
     * @param sender process and user that a notice names
     * @return false if the queue is full
     * @throws ErrnoException ENOMEM
     */
    public boolean send(Message message, int sender, int senderUser) throws ErrnoException {
        Registration told = null;
        synchronized (this) {
            if (count >= maxMessages) {
                return false;
            }
            limits.takeHeap(cost(message));
            messages.computeIfAbsent(-message.priority, key -> new ArrayDeque<>(1))
                    .add(message);
            count++;
            contentBytes += message.content.length;
            modificationNanos = FileClock.nowNanos();
            changeNanos = modificationNanos;
            accessNanos = modificationNanos;
            // Who waits in mq_receive(3) gets the message, and nobody is told then; nor if there were messages before.
            if (count == 1 && waitingReceivers == 0 && registration != null) {
                told = registration;
                registration = null;
            }
        }
        if (told != null && told.notice != null) {
            told.notice.messageCame(sender, senderUser);
        }
        waiters.wake(READABLE);
        return true;
    }

    private static long cost(Message message) {
        return message.content.length + MESSAGE_BYTES;
    }

    /** Takes the oldest message of the highest priority; null if there is none. */
    public Message receive() {
        Message taken;
        synchronized (this) {
            var first = messages.firstEntry();
            if (first == null) {
                return null;
            }
            taken = first.getValue().poll();
            if (first.getValue().isEmpty()) {
                messages.remove(first.getKey());
            }
            count--;
            contentBytes -= taken.content.length;
            accessNanos = FileClock.nowNanos();
            changeNanos = accessNanos;
        }
        limits.giveBackHeap(cost(taken));
        waiters.wake(WRITABLE);
        return taken;
    }

    /** A receiver begins (1) or ends (-1) to wait. */
    public synchronized void countReceiver(int change) {
        waitingReceivers += change;
    }

    // ---- mq_notify(2)

    /**
     * Asks to be told of the next message that comes to the empty queue: EBUSY if somebody has.
     *
     * @param owner the descriptor table of the caller
     * @param notice null for SIGEV_NONE
     */
    public synchronized void register(Object owner, int process, int kind, int signal, Notice notice)
            throws ErrnoException {
        if (registration != null) {
            throw ErrnoException.of(Errno.EBUSY);
        }
        registration = new Registration(owner, process, kind, signal, notice);
        touchAccess();
    }

    /** Takes back what was asked for by this descriptor table, if anything was. */
    public void unregister(Object owner) {
        Registration gone;
        synchronized (this) {
            gone = registration;
            if (gone == null || gone.owner != owner) {
                return;
            }
            registration = null;
            touchAccess();
        }
        if (gone.notice != null) {
            gone.notice.removed();
        }
    }

    private void touchAccess() {
        accessNanos = FileClock.nowNanos();
        changeNanos = accessNanos;
    }

    /** What read(2) shows: bytes in the queue, and who is to be told; see mq_overview(7). */
    synchronized String status() {
        return String.format(
                "QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
                contentBytes,
                registration == null ? 0 : registration.kind,
                registration == null ? 0 : registration.signal,
                registration == null ? 0 : registration.process);
    }

    // ---- Names and open files

    /** The name is gone: with the last open file, the queue goes. */
    void unlinked() {
        boolean over;
        synchronized (this) {
            linked = false;
            over = openFiles == 0;
        }
        if (over) {
            destroy();
        }
    }

    void closed() {
        boolean over;
        synchronized (this) {
            over = --openFiles == 0 && !linked;
        }
        if (over) {
            destroy();
        }
    }

    private void destroy() {
        while (receive() != null) {
            // each gives back what it costs
        }
        limits.giveBackQueue(creator, sizeBytes);
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        synchronized (this) {
            if (!linked && openFiles == 0) {
                throw ErrnoException.of(Errno.ENOENT); // removed in between
            }
            openFiles++;
        }
        return new MqueueFile(this, path, flags);
    }

    @Override
    public synchronized Attributes attributes() throws ErrnoException {
        var base = super.attributes();
        return new Attributes(
                base.device(),
                base.inode(),
                FileMode.S_IFREG | permissions,
                linked ? 1 : 0,
                user,
                group,
                0,
                STATUS_BYTES,
                base.blockSizeBytes(),
                0,
                accessNanos,
                modificationNanos,
                changeNanos);
    }

    @Override
    public synchronized void setAttributes(Caller caller, AttributeChange change) throws ErrnoException {
        permissions = change.mode() == null ? permissions : change.mode() & FileMode.S_IALLUGO;
        user = change.user() == null ? user : change.user();
        group = change.group() == null ? group : change.group();
        accessNanos = change.accessTimeNanos() == null ? accessNanos : change.accessTimeNanos();
        modificationNanos = change.modificationTimeNanos() == null ? modificationNanos : change.modificationTimeNanos();
        changeNanos = FileClock.nowNanos();
    }
}
