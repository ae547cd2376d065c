package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Msg.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ipc.MessageQueue;

/** msgget(2), msgsnd(2), msgrcv(2), msgctl(2). */
final class MessageCalls {
    // struct msgbuf: mtype (8), then the text
    private static final int TEXT = 8;

    private static final int READABLE = 0444;

    /** MSGSSZ and MSGSEG: without meaning in Linux. */
    private static final int SEGMENT_BYTES = 16;

    private static final int SEGMENTS = 0xffff;

    private MessageCalls() {}

    /** msgget(2). */
    static long msgget(Task task, SyscallArguments args) throws ErrnoException {
        int key = args.asInt(0);
        int flags = args.asInt(1);

        return task.kernel().ipc().messages().get(task.credentials(), key, flags);
    }

    /** msgsnd(2). */
    static long msgsnd(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        long address = args.asAddress(1);
        long size = args.asSize(2);
        int flags = args.asInt(3);

        long type = task.memory().getLong(address);
        var ipc = task.kernel().ipc();
        if (size < 0 || size > ipc.limits().msgmax() || id < 0 || type < 1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] content = new byte[(int) size];
        task.memory().copyIn(address + TEXT, content, 0, content.length);
        var message = new MessageQueue.Message(type, content);
        var queue = ipc.messages().find(id);

        int process = task.group().id();
        if (queue.send(task.credentials(), process, message)) {
            return 0;
        }
        if ((flags & Ipc.IPC_NOWAIT) != 0) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        await(task, queue, MessageQueue.SENDABLE, () -> queue.send(task.credentials(), process, message));
        return 0;
    }

    private static void await(Task task, MessageQueue queue, int event, Task.Condition condition)
            throws ErrnoException {
        try {
            task.block(queue.waiters(), event, Timeouts.NEVER, condition);
        } catch (InterruptedCallException e) {
            throw InterruptedCallException.NOHAND; // as Linux has it: a handler ends the call, SA_RESTART or not
        }
    }

    /** msgrcv(2). */
    static long msgrcv(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        long address = args.asAddress(1);
        long size = args.asSize(2);
        long type = args.asLong(3);
        int flags = args.asInt(4);

        boolean waits = (flags & Ipc.IPC_NOWAIT) == 0;
        if (id < 0 || size < 0 || (flags & MSG_COPY) != 0 && (waits || (flags & MSG_EXCEPT) != 0)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var queue = task.kernel().ipc().messages().find(id);
        var wanted = new MessageQueue.Wanted(type, size, flags, task.group().id());

        var message = queue.receive(task.credentials(), wanted);
        if (message == null && !waits) {
            throw ErrnoException.of(Errno.ENOMSG);
        }
        if (message == null) {
            var received = new MessageQueue.Message[1];
            await(task, queue, MessageQueue.RECEIVABLE, () -> {
                received[0] = queue.receive(task.credentials(), wanted);
                return received[0] != null;
            });
            message = received[0];
        }
        // A message that cannot be stored is lost, as in Linux.
        task.memory().putLong(address, message.type());
        int stored = (int) Math.min(size, message.content().length);
        task.memory().copyOut(address + TEXT, message.content(), 0, stored);
        return stored;
    }

    /** msgctl(2). */
    static long msgctl(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int command = args.asInt(1) & ~Ipc.IPC_64;
        long address = args.asAddress(2);

        if (id < 0 || command < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var queues = task.kernel().ipc().messages();
        return switch (command) {
            case Ipc.IPC_INFO, MSG_INFO -> limits(task, command == MSG_INFO, address);
            case Ipc.IPC_STAT, MSG_STAT, MSG_STAT_ANY -> status(task, id, command, address);
            case Ipc.IPC_SET -> {
                byte[] wanted = IpcStructs.fetch(task, address, MSQID_DS_SIZE);
                queues.change(
                        task.credentials(),
                        id,
                        Bytes.getInt(wanted, Ipc.PERM_UID),
                        Bytes.getInt(wanted, Ipc.PERM_GID),
                        Bytes.getInt(wanted, Ipc.PERM_MODE),
                        Bytes.getLong(wanted, QBYTES));
                yield 0;
            }
            case Ipc.IPC_RMID -> {
                queues.remove(task.credentials(), id);
                yield 0;
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    private static long limits(Task task, boolean usage, long address) throws ErrnoException {
        var limits = task.kernel().ipc().limits();
        var queues = task.kernel().ipc().messages();
        int pool = limits.msgmni() * (limits.msgmnb() / 1024);
        int map = limits.msgmnb();
        int total = limits.msgmnb();
        if (usage) {
            pool = queues.count();
            map = 0;
            total = 0;
            for (var queue : queues.all()) {
                var status = queue.status();
                map += (int) status.messages();
                total += (int) status.bytes();
            }
        }
        byte[] info = new byte[MSGINFO_SIZE];
        int[] fields = {pool, map, limits.msgmax(), limits.msgmnb(), limits.msgmni(), SEGMENT_BYTES, total};
        for (int index = 0; index < fields.length; index++) {
            Bytes.putInt(info, index * Integer.BYTES, fields[index]);
        }
        Bytes.putShort(info, fields.length * Integer.BYTES, SEGMENTS);
        IpcStructs.store(task, address, info);
        return queues.highestIndex();
    }

    private static long status(Task task, int id, int command, long address) throws ErrnoException {
        var queues = task.kernel().ipc().messages();
        MessageQueue queue = command == Ipc.IPC_STAT ? queues.find(id) : queues.at(id);
        if (command != MSG_STAT_ANY) {
            queue.checkAccess(task.credentials(), READABLE);
        }
        var status = queue.status();
        byte[] shown = new byte[MSQID_DS_SIZE];
        IpcStructs.put(shown, status.ownership());
        Bytes.putLong(shown, STIME, status.sendSeconds());
        Bytes.putLong(shown, RTIME, status.receiveSeconds());
        Bytes.putLong(shown, CTIME, status.ownership().changeSeconds());
        Bytes.putLong(shown, CBYTES, status.bytes());
        Bytes.putLong(shown, QNUM, status.messages());
        Bytes.putLong(shown, QBYTES, status.limitBytes());
        Bytes.putInt(shown, LSPID, status.lastSender());
        Bytes.putInt(shown, LRPID, status.lastReceiver());
        IpcStructs.store(task, address, shown);
        return command == Ipc.IPC_STAT ? 0 : queue.id();
    }
}
