package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.vfs.OpenFile;

/** socket(2), socketpair(2), bind(2), listen(2), accept(2), connect(2), names, options, shutdown(2). */
final class SocketCalls {
    /** An option's value is no longer than this; struct sock_fprog and the like are not taken. */
    private static final int MAXIMUM_OPTION_BYTES = 1024;

    private SocketCalls() {}

    /** socket(2). */
    static long socket(Task task, SyscallArguments args) throws ErrnoException {
        int domain = args.asInt(0);
        int type = args.asInt(1);
        int protocol = args.asInt(2);
        checkType(domain, type);

        var family = task.kernel().network().family(domain);
        var socket = family.create(new TaskSocketCaller(task), type & SOCK_TYPE_MASK, protocol, type & SOCK_NONBLOCK);
        return Descriptors.install(task, socket, (type & SOCK_CLOEXEC) != 0);
    }

    /** socketpair(2). */
    static long socketpair(Task task, SyscallArguments args) throws ErrnoException {
        int domain = args.asInt(0);
        int type = args.asInt(1);
        int protocol = args.asInt(2);
        long address = args.asAddress(3);
        checkType(domain, type);

        var family = task.kernel().network().family(domain);
        var pair = family.createPair(new TaskSocketCaller(task), type & SOCK_TYPE_MASK, protocol, type & SOCK_NONBLOCK);
        Descriptors.installPair(task, pair[0], pair[1], (type & SOCK_CLOEXEC) != 0, address);
        return 0;
    }

    private static void checkType(int domain, int type) throws ErrnoException {
        if ((type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (domain < 0 || domain >= AF_MAX) {
            throw ErrnoException.of(Errno.EAFNOSUPPORT);
        }
        if ((type & SOCK_TYPE_MASK) > SOCK_PACKET) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** The socket of a descriptor; EBADF, ENOTSOCK. */
    static Socket socketOf(Task task, int descriptor) throws ErrnoException {
        if (task.file(descriptor) instanceof Socket socket) {
            return socket;
        }
        throw ErrnoException.of(Errno.ENOTSOCK);
    }

    /** Fetches an address; EINVAL if it is longer than any. */
    static byte[] address(Task task, long address, int length) throws ErrnoException {
        if (length < 0 || length > SOCKADDR_STORAGE_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[length];
        task.memory().copyIn(address, bytes, 0, length);
        return bytes;
    }

    /** Stores an address cut to the room there is, and its full length; as move_addr_to_user() of net/socket.c. */
    static void storeAddress(Task task, byte[] bytes, long address, long lengthAddress) throws ErrnoException {
        int room = task.memory().getInt(lengthAddress);
        if (room < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (bytes.length > 0 && room > 0) {
            task.memory().copyOut(address, bytes, 0, Math.min(room, bytes.length));
        }
        task.memory().putInt(lengthAddress, bytes.length);
    }

    /** bind(2). */
    static long bind(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int length = args.asInt(2);

        var socket = socketOf(task, descriptor);
        socket.bind(new TaskSocketCaller(task), address(task, address, length));
        return 0;
    }

    /** listen(2). */
    static long listen(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int backlog = args.asInt(1);

        socketOf(task, descriptor).listen(new TaskSocketCaller(task), backlog);
        return 0;
    }

    /** accept(2). */
    static long accept(Task task, SyscallArguments args) throws ErrnoException {
        return accept(task, args, 0);
    }

    /** accept4(2). */
    static long accept4(Task task, SyscallArguments args) throws ErrnoException {
        int flags = args.asInt(3);

        if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return accept(task, args, flags);
    }

    private static long accept(Task task, SyscallArguments args, int flags) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long lengthAddress = args.asAddress(2);

        var socket = socketOf(task, descriptor);
        var caller = new TaskSocketCaller(task);
        var accepted = new Socket[1];
        task.untilReady(socket, Poll.READABLE, accepted, (file, taken) -> {
            taken[0] = ((Socket) file).accept(caller, flags & SOCK_NONBLOCK);
            return taken[0] == null ? OpenFile.WOULD_BLOCK : 0;
        });

        int result = Descriptors.install(task, accepted[0], (flags & SOCK_CLOEXEC) != 0);
        if (address != 0) {
            try {
                storeAddress(task, peerAddressOf(accepted[0]), address, lengthAddress);
            } catch (ErrnoException e) {
                task.files().close(result);
                throw e;
            }
        }
        return result;
    }

    private static byte[] peerAddressOf(Socket socket) throws ErrnoException {
        try {
            return socket.acceptedAddress();
        } catch (ErrnoException e) {
            // The peer has gone before anybody accepted it.
            throw e.errno() == Errno.ENOTCONN ? ErrnoException.of(Errno.ECONNABORTED) : e;
        }
    }

    /** connect(2). */
    static long connect(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int length = args.asInt(2);

        var socket = socketOf(task, descriptor);
        byte[] bytes = address(task, address, length);
        var caller = new TaskSocketCaller(task);
        if (socket.connect(caller, bytes) != OpenFile.WOULD_BLOCK) {
            return 0;
        }
        if (socket.isNonBlocking()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        long deadline = socket.waitDeadlineNanos(System.nanoTime(), Poll.POLLOUT);
        boolean connected;
        try {
            connected = task.block(
                    socket.connectWaiters(),
                    Poll.WRITABLE | Poll.POLLERR | Poll.POLLHUP,
                    deadline,
                    () -> socket.connect(caller, bytes) != OpenFile.WOULD_BLOCK);
        } catch (InterruptedCallException e) {
            throw socket.interruption(Poll.POLLOUT);
        }
        if (!connected) {
            throw ErrnoException.of(socket.connectTimeoutErrno());
        }
        return 0;
    }

    /** getsockname(2). */
    static long getsockname(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long lengthAddress = args.asAddress(2);

        storeAddress(task, socketOf(task, descriptor).localAddress(), address, lengthAddress);
        return 0;
    }

    /** getpeername(2). */
    static long getpeername(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long lengthAddress = args.asAddress(2);

        storeAddress(task, socketOf(task, descriptor).peerAddress(), address, lengthAddress);
        return 0;
    }

    /** shutdown(2). */
    static long shutdown(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int how = args.asInt(1);

        var socket = socketOf(task, descriptor);
        if (how < SHUT_RD || how > SHUT_RDWR) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        socket.shutdown(how);
        return 0;
    }

    /** setsockopt(2). */
    static long setsockopt(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int level = args.asInt(1);
        int option = args.asInt(2);
        long address = args.asAddress(3);
        int length = args.asInt(4);

        var socket = socketOf(task, descriptor);
        if (length < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] value = new byte[Math.min(length, MAXIMUM_OPTION_BYTES)];
        task.memory().copyIn(address, value, 0, value.length);
        socket.setOption(new TaskSocketCaller(task), level, option, value);
        return 0;
    }

    /** getsockopt(2). */
    static long getsockopt(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int level = args.asInt(1);
        int option = args.asInt(2);
        long address = args.asAddress(3);
        long lengthAddress = args.asAddress(4);

        var socket = socketOf(task, descriptor);
        int room = task.memory().getInt(lengthAddress);
        if (room < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] value = socket.option(new TaskSocketCaller(task), level, option);
        int length = Math.min(room, value.length);
        task.memory().copyOut(address, value, 0, length);
        task.memory().putInt(lengthAddress, length);
        return 0;
    }
}
