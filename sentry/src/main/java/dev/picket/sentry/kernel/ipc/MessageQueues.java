package dev.picket.sentry.kernel.ipc;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import java.util.List;

/** The System V message queues of an IPC namespace; see msgget(2), msgctl(2). */
public final class MessageQueues {
    /** What a queue costs on the heap, about. */
    private static final long OBJECT_BYTES = 512;

    private final IpcLimits limits;
    private final IpcTable<MessageQueue> table = new IpcTable<>();

    MessageQueues(IpcLimits limits) {
        this.limits = limits;
    }

    /**
     * msgget(2).
     *
     * @return the queue's id
     */
    public int get(Credentials caller, int key, int flags) throws ErrnoException {
        return table.get(caller, key, flags, found -> {}, () -> {
            table.checkRoom(limits.msgmni());
            limits.take(OBJECT_BYTES);
            return new MessageQueue(caller, key, flags, limits);
        });
    }

    /** The queue of an id: EINVAL. */
    public MessageQueue find(int id) throws ErrnoException {
        return table.find(id);
    }

    /** The queue with an index: EINVAL. */
    public MessageQueue at(int index) throws ErrnoException {
        return table.at(index);
    }

    /** All queues, by index. */
    public List<MessageQueue> all() {
        return table.all();
    }

    public int count() {
        return table.size();
    }

    /** Highest index in use. */
    public int highestIndex() {
        return table.highestIndex();
    }

    public int wantedId() {
        return table.wantedId();
    }

    public void setWantedId(int id) {
        table.setWantedId(id);
    }

    /** IPC_SET of msgctl(2): EPERM, EINVAL. */
    public void change(Credentials caller, int id, int user, int group, int mode, long limitBytes)
            throws ErrnoException {
        table.find(id).change(caller, user, group, mode, limitBytes);
    }

    /** IPC_RMID of msgctl(2): EPERM, EINVAL, EIDRM. */
    public void remove(Credentials caller, int id) throws ErrnoException {
        var queue = table.find(id);
        queue.remove(caller);
        table.remove(queue);
        limits.giveBack(OBJECT_BYTES);
    }
}
