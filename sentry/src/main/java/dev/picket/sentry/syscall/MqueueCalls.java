package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.platform.linux.Mqueue.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Clocks;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.mqueue.MqueueFile;
import dev.picket.sentry.fs.mqueue.MqueueInode;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.net.socket.NoticeReceiver;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.Permission;

/** POSIX message queues: mq_open(2) and theirs, as the C library calls them; see mq_overview(7). */
final class MqueueCalls {
    // struct sigevent: 0 value, 8 signal, 12 notify
    private static final int EVENT_BYTES = 64;
    private static final int EVENT_SIGNAL = 8;
    private static final int EVENT_NOTIFY = 12;

    private MqueueCalls() {}

    /** mq_open(2). */
    static long mqOpen(Task task, SyscallArguments args) throws ErrnoException {
        long nameAddress = args.asAddress(0);
        int flags = args.asInt(1);
        int mode = args.asMode(2);
        long attributesAddress = args.asAddress(3);

        byte[] attributes = null;
        if (attributesAddress != 0) {
            attributes = new byte[ATTR_SIZE];
            task.memory().copyIn(attributesAddress, attributes, 0, ATTR_SIZE);
        }
        String name = name(task, nameAddress);

        OpenFile file = open(task, name, flags, mode, attributes);
        file.setFlags(flags & (O_ACCMODE | O_NONBLOCK));
        return Descriptors.install(task, file, true); // always, whatever was asked for
    }

    /** A queue's name, without the slash that the C library has taken away. */
    private static String name(Task task, long address) throws ErrnoException {
        String name = task.path(address);
        if (name.isEmpty()) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        if (name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
            throw ErrnoException.of(Errno.EACCES);
        }
        if (name.length() > NAME_MAX) {
            throw ErrnoException.of(Errno.ENAMETOOLONG);
        }
        return name;
    }

    private static OpenFile open(Task task, String name, int flags, int mode, byte[] attributes) throws ErrnoException {
        var queues = task.kernel().messageQueues();
        if ((flags & O_CREAT) != 0 && make(task, name, mode, attributes)) {
            Path path = queues.find(task, name);
            return path.inode().open(task, path, flags);
        }
        Path path = queues.find(task, name);
        if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
            throw ErrnoException.of(Errno.EEXIST);
        }
        int wanted =
                switch (flags & O_ACCMODE) {
                    case O_RDONLY -> Permission.READ;
                    case O_WRONLY -> Permission.WRITE;
                    case O_RDWR -> Permission.READ | Permission.WRITE;
                    default -> throw ErrnoException.of(Errno.EINVAL);
                };
        Permission.check(task.credentials(), path.inode().attributes(), wanted);
        return path.inode().open(task, path, flags);
    }

    /** Makes a queue, unless there is one. */
    private static boolean make(Task task, String name, int mode, byte[] attributes) throws ErrnoException {
        var queues = task.kernel().messageQueues();
        var limits = queues.limits();
        long maxMessages = Math.min(limits.msgMax(), limits.msgDefault());
        long messageBytes = Math.min(limits.msgsizeMax(), limits.msgsizeDefault());
        if (attributes != null) {
            maxMessages = Bytes.getLong(attributes, ATTR_MAXMSG);
            messageBytes = Bytes.getLong(attributes, ATTR_MSGSIZE);
        }
        int permissions = mode & ~task.directories().umask();
        long limitBytes = task.group().limits().bound(Resource.RLIMIT_MSGQUEUE);
        return queues.directory().make(task, name, permissions, maxMessages, messageBytes, limitBytes) != null;
    }

    /** mq_unlink(2). */
    static long mqUnlink(Task task, SyscallArguments args) throws ErrnoException {
        String name = name(task, args.asAddress(0));

        FileOperations.unlink(task, task.kernel().messageQueues().start(), name);
        return 0;
    }

    private static MqueueFile queue(Task task, int descriptor) throws ErrnoException {
        if (task.file(descriptor) instanceof MqueueFile file) {
            return file;
        }
        throw ErrnoException.of(Errno.EBADF);
    }

    /** When a timeout by the realtime clock ends, by {@link System#nanoTime()}. */
    private static long deadline(Task task, long address) throws ErrnoException {
        if (address == 0) {
            return Timeouts.NEVER;
        }
        long until = Timeouts.readTimespec(task.memory(), address);
        return Timeouts.deadline(Math.max(0, until - GuestClocks.now(task, Clocks.CLOCK_REALTIME)));
    }

    /** mq_timedsend(2). */
    static long mqTimedsend(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long length = args.asSize(2);
        int priority = args.asInt(3);
        long deadlineNanos = deadline(task, args.asAddress(4));

        if (priority < 0 || priority >= MQ_PRIO_MAX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var file = queue(task, descriptor);
        if (!file.isWritable()) {
            throw ErrnoException.of(Errno.EBADF);
        }
        var queue = file.queue();
        if (length < 0 || length > queue.messageBytes()) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        byte[] content = new byte[(int) length];
        task.memory().copyIn(address, content, 0, content.length);
        var message = new MqueueInode.Message(priority, content);
        int process = task.group().id();
        int user = task.credentials().realUser();

        if (queue.send(message, process, user)) {
            return 0;
        }
        if (file.isNonBlocking()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        if (!task.block(queue.waiters(), Poll.WRITABLE, deadlineNanos, () -> queue.send(message, process, user))) {
            throw ErrnoException.of(Errno.ETIMEDOUT);
        }
        return 0;
    }

    /** mq_timedreceive(2). */
    static long mqTimedreceive(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long length = args.asSize(2);
        long priorityAddress = args.asAddress(3);
        long deadlineNanos = deadline(task, args.asAddress(4));

        var file = queue(task, descriptor);
        if (!file.isReadable()) {
            throw ErrnoException.of(Errno.EBADF);
        }
        var queue = file.queue();
        if (Long.compareUnsigned(length, queue.messageBytes()) < 0) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        var message = queue.receive();
        if (message == null) {
            if (file.isNonBlocking()) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
            message = await(task, queue, deadlineNanos);
        }

        // A message that cannot be stored is lost, as in Linux.
        if (priorityAddress != 0) {
            task.memory().putInt(priorityAddress, message.priority());
        }
        task.memory().copyOut(address, message.content(), 0, message.content().length);
        return message.content().length;
    }

    private static MqueueInode.Message await(Task task, MqueueInode queue, long deadlineNanos) throws ErrnoException {
        var received = new MqueueInode.Message[1];
        queue.countReceiver(1);
        try {
            boolean came = task.block(queue.waiters(), Poll.READABLE, deadlineNanos, () -> {
                received[0] = queue.receive();
                return received[0] != null;
            });
            if (!came) {
                throw ErrnoException.of(Errno.ETIMEDOUT);
            }
        } finally {
            queue.countReceiver(-1);
        }
        return received[0];
    }

    /** mq_notify(2). */
    static long mqNotify(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long eventAddress = args.asAddress(1);

        if (eventAddress == 0) {
            queue(task, descriptor).queue().unregister(task.files());
            return 0;
        }
        byte[] event = IpcStructs.fetch(task, eventAddress, EVENT_BYTES);
        long value = Bytes.getLong(event, 0);
        int signal = Bytes.getInt(event, EVENT_SIGNAL);
        int kind = Bytes.getInt(event, EVENT_NOTIFY);
        MqueueInode.Notice notice =
                switch (kind) {
                    case Clocks.SIGEV_NONE -> null;
                    case Clocks.SIGEV_SIGNAL -> signalNotice(task, signal, value);
                    case Clocks.SIGEV_THREAD -> CookieNotice.of(task, signal, value);
                    default -> throw ErrnoException.of(Errno.EINVAL);
                };
        try {
            queue(task, descriptor).queue().register(task.files(), task.group().id(), kind, signal, notice);
        } catch (ErrnoException e) {
            if (notice instanceof CookieNotice cookie) {
                cookie.letGo();
            }
            throw e;
        }
        return 0;
    }

    private static MqueueInode.Notice signalNotice(Task task, int signal, long value) throws ErrnoException {
        if (signal != 0 && !SignalSet.isSignal(signal)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var process = task.group();
        return (sender, user) -> {
            if (signal != 0 && !process.hasEnded()) {
                process.signals().send(SignalInfo.ofMessage(signal, sender, user, value));
            }
        };
    }

    /**
     * SIGEV_THREAD, as the C library asks for it: a netlink socket gets the cookie back, the last byte of which says why,
     * and the library's thread, which reads there, starts the program's function.
     */
    private record CookieNotice(OpenFile file, NoticeReceiver socket, byte[] cookie) implements MqueueInode.Notice {
        private static final int COOKIE_BYTES = 32;
        private static final byte WOKEN_UP = 1;
        private static final byte REMOVED = 2;

        /** The notice; it keeps the socket open until it is used or removed. */
        static CookieNotice of(Task task, int descriptor, long cookieAddress) throws ErrnoException {
            byte[] cookie = IpcStructs.fetch(task, cookieAddress, COOKIE_BYTES);
            var socket = SocketCalls.socketOf(task, descriptor);
            if (!(socket instanceof NoticeReceiver receiver)) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            socket.retain();
            return new CookieNotice(socket, receiver, cookie);
        }

        @Override
        public void messageCame(int sender, int user) {
            tell(WOKEN_UP);
        }

        @Override
        public void removed() {
            tell(REMOVED);
        }

        private void tell(byte why) {
            cookie[COOKIE_BYTES - 1] = why;
            socket.deliver(cookie);
            letGo();
        }

        void letGo() {
            file.release();
        }
    }

    /** mq_getsetattr(2). */
    static long mqGetsetattr(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long newAddress = args.asAddress(1);
        long oldAddress = args.asAddress(2);

        byte[] wanted = null;
        if (newAddress != 0) {
            wanted = IpcStructs.fetch(task, newAddress, ATTR_SIZE);
            if ((Bytes.getLong(wanted, ATTR_FLAGS) & ~O_NONBLOCK) != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
        var file = queue(task, descriptor);
        var queue = file.queue();
        byte[] old = new byte[ATTR_SIZE];
        Bytes.putLong(old, ATTR_FLAGS, file.flags() & O_NONBLOCK);
        Bytes.putLong(old, ATTR_MAXMSG, queue.maxMessages());
        Bytes.putLong(old, ATTR_MSGSIZE, queue.messageBytes());
        Bytes.putLong(old, ATTR_CURMSGS, queue.count());
        if (wanted != null) {
            file.setFlags(file.flags() & ~O_NONBLOCK | (int) Bytes.getLong(wanted, ATTR_FLAGS));
        }
        if (oldAddress != 0) {
            IpcStructs.store(task, oldAddress, old);
        }
        return 0;
    }
}
