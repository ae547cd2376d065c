package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.vfs.OpenFile;

/** sendto(2), sendmsg(2), sendmmsg(2) and recvfrom(2), recvmsg(2), recvmmsg(2). */
final class SocketMessages {
    /** UIO_MAXIOV: most messages of sendmmsg(2) and recvmmsg(2) at once. */
    private static final int MAXIMUM_MESSAGES = 1024;

    private SocketMessages() {}

    // ---- Sending

    /** sendto(2). */
    static long sendto(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long length = args.asSize(2);
        int flags = args.asInt(3);
        long nameAddress = args.asAddress(4);
        int nameLength = args.asInt(5);

        var source = task.buffer(address, length); // Linux looks at the range before the descriptor
        var socket = SocketCalls.socketOf(task, descriptor);
        byte[] name = nameAddress == 0 ? null : SocketCalls.address(task, nameAddress, nameLength);

        return send(task, socket, source, name, ControlMessages.Outgoing.NONE, flags);
    }

    /** sendmsg(2). */
    static long sendmsg(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int flags = args.asInt(2);

        return sendOne(task, SocketCalls.socketOf(task, descriptor), address, flags);
    }

    /** sendmmsg(2): as many messages as can be sent; an error counts only for the first. */
    static long sendmmsg(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int count = args.asInt(2);
        int flags = args.asInt(3);

        var socket = SocketCalls.socketOf(task, descriptor);
        int wanted = Integer.compareUnsigned(count, MAXIMUM_MESSAGES) > 0 ? MAXIMUM_MESSAGES : count;
        for (int index = 0; index < wanted; index++) {
            long header = address + (long) index * MMSGHDR_BYTES;
            try {
                long sent = sendOne(task, socket, header, flags);
                task.memory().putInt(header + MMSGHDR_LEN, (int) sent);
            } catch (ErrnoException e) {
                if (index == 0) {
                    throw e;
                }
                return index;
            }
        }
        return wanted;
    }

    private static long sendOne(Task task, Socket socket, long address, int flags) throws ErrnoException {
        byte[] header = header(task, address);
        long nameAddress = Bytes.getLong(header, MSGHDR_NAME);
        int nameLength = Bytes.getInt(header, MSGHDR_NAMELEN);
        byte[] name = nameAddress == 0 || nameLength == 0
                ? null
                : SocketCalls.address(task, nameAddress, Math.min(nameLength, SOCKADDR_STORAGE_BYTES));
        var source = vectors(task, header);
        var control = ControlMessages.fetch(
                task, socket, Bytes.getLong(header, MSGHDR_CONTROL), Bytes.getLong(header, MSGHDR_CONTROLLEN));

        return send(task, socket, source, name, control, flags);
    }

    private static long send(
            Task task, Socket socket, GuestBuffer source, byte[] name, ControlMessages.Outgoing control, int flags)
            throws ErrnoException {
        var files = new SendRequest.Files(control.files());
        try {
            var caller = new TaskSocketCaller(task);
            var sender = control.sender() == null ? caller.identity() : control.sender();
            var request = new SendRequest(source, name, files, sender, caller, flags, control.controls());
            return sendWhole(task, socket, request, flags);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EPIPE && (flags & MSG_NOSIGNAL) == 0 && socket.type() == SOCK_STREAM) {
                ReadWrite.brokenPipe(task);
            }
            throw e;
        } finally {
            files.release();
        }
    }

    /** A stream goes on until all is sent; what was sent before an error or a signal counts. */
    private static long sendWhole(Task task, Socket socket, SendRequest request, int flags) throws ErrnoException {
        boolean waits = (flags & MSG_DONTWAIT) == 0;
        long sent = 0;
        do {
            try {
                sent += waits
                        ? task.untilReady(socket, Poll.WRITABLE, request, SocketMessages::attemptSend)
                        : now(socket.send(request));
            } catch (ErrnoException e) {
                if (sent > 0) {
                    return sent;
                }
                throw e;
            }
        } while (socket.writesWhole()
                && waits
                && !socket.isNonBlocking()
                && request.source().remaining() > 0);
        return sent;
    }

    private static long attemptSend(OpenFile file, SendRequest request) throws ErrnoException {
        return ((Socket) file).send(request);
    }

    private static long now(long result) throws ErrnoException {
        if (result == OpenFile.WOULD_BLOCK) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return result;
    }

    // ---- Receiving

    /** recvfrom(2). */
    static long recvfrom(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        long length = args.asSize(2);
        int flags = args.asInt(3);
        long nameAddress = args.asAddress(4);
        long nameLengthAddress = args.asAddress(5);

        var destination = task.buffer(address, length); // Linux looks at the range before the descriptor
        var socket = SocketCalls.socketOf(task, descriptor);
        var request = request(destination, flags);

        long result = receive(task, socket, request, flags);
        request.releaseFiles();
        if (nameAddress != 0) {
            SocketCalls.storeAddress(task, senderOf(request), nameAddress, nameLengthAddress);
        }
        return result;
    }

    /** recvmsg(2). */
    static long recvmsg(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int flags = args.asInt(2);

        return receiveOne(task, SocketCalls.socketOf(task, descriptor), address, flags);
    }

    /**
     * recvmmsg(2): as many messages as come until the timeout; the timeout is looked at between messages only, as in
     * Linux.
     */
    static long recvmmsg(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int count = args.asInt(2);
        int flags = args.asInt(3);
        long timeoutAddress = args.asAddress(4);

        var socket = SocketCalls.socketOf(task, descriptor);
        long timeout = timeoutAddress == 0 ? Timeouts.NEVER : Timeouts.readTimespec(task.memory(), timeoutAddress);
        long deadline = Timeouts.deadline(timeout);
        int wanted = Integer.compareUnsigned(count, MAXIMUM_MESSAGES) > 0 ? MAXIMUM_MESSAGES : count;

        int received = 0;
        int flagsNow = flags & ~MSG_WAITFORONE;
        while (received < wanted) {
            long header = address + (long) received * MMSGHDR_BYTES;
            try {
                long length = receiveOne(task, socket, header, flagsNow);
                task.memory().putInt(header + MMSGHDR_LEN, (int) length);
            } catch (ErrnoException e) {
                if (received == 0) {
                    throw e;
                }
                break;
            }
            received++;
            if ((flags & MSG_WAITFORONE) != 0) {
                flagsNow |= MSG_DONTWAIT;
            }
            if (deadline != Timeouts.NEVER && Timeouts.left(deadline) == 0) {
                break;
            }
        }
        if (timeoutAddress != 0) {
            Timeouts.writeTimespec(task.memory(), timeoutAddress, Timeouts.left(deadline));
        }
        return received;
    }

    private static long receiveOne(Task task, Socket socket, long address, int flags) throws ErrnoException {
        byte[] header = header(task, address);
        long nameAddress = Bytes.getLong(header, MSGHDR_NAME);
        var request = request(vectors(task, header), flags);

        long result = receive(task, socket, request, flags);
        var control = new ControlMessages.Writer(
                task,
                Bytes.getLong(header, MSGHDR_CONTROL),
                Bytes.getLong(header, MSGHDR_CONTROLLEN),
                (flags & MSG_CMSG_CLOEXEC) != 0);
        int resultFlags = control.write(socket, request);
        resultFlags |= request.messageFlags();
        resultFlags |= flags & MSG_CMSG_CLOEXEC;

        if (nameAddress != 0) {
            SocketCalls.storeAddress(task, senderOf(request), nameAddress, address + MSGHDR_NAMELEN);
        }
        task.memory().putLong(address + MSGHDR_CONTROLLEN, control.used());
        task.memory().putInt(address + MSGHDR_FLAGS, resultFlags);
        return result;
    }

    private static byte[] senderOf(ReceiveRequest request) {
        return request.senderAddress() == null ? new byte[0] : request.senderAddress();
    }

    private static ReceiveRequest request(GuestBuffer destination, int flags) {
        return new ReceiveRequest(destination, flags);
    }

    /** MSG_WAITALL has a stream go on until the buffer is full, its end or a signal. */
    private static long receive(Task task, Socket socket, ReceiveRequest request, int flags) throws ErrnoException {
        // Nobody waits for an error, or for a byte out of band.
        boolean waits = (flags & (MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB)) == 0;
        boolean all = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0 && waits && socket.writesWhole();
        long received = 0;
        while (true) {
            long count;
            try {
                count = waits
                        ? task.untilReady(socket, Poll.READABLE, request, SocketMessages::attemptReceive)
                        : now(socket.receive(request));
            } catch (ErrnoException e) {
                if (received > 0) {
                    return received;
                }
                request.releaseFiles();
                throw e;
            }
            received += count;
            if (!all || count <= 0 || request.isFull() || !request.files().isEmpty()) {
                return received;
            }
        }
    }

    private static long attemptReceive(OpenFile file, ReceiveRequest request) throws ErrnoException {
        return ((Socket) file).receive(request);
    }

    // ---- struct msghdr

    private static byte[] header(Task task, long address) throws ErrnoException {
        byte[] header = new byte[MSGHDR_BYTES];
        task.memory().copyIn(address, header, 0, header.length);
        if (Bytes.getInt(header, MSGHDR_NAMELEN) < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return header;
    }

    private static GuestBuffer vectors(Task task, byte[] header) throws ErrnoException {
        long count = Bytes.getLong(header, MSGHDR_IOVLEN);
        if (count < 0 || count > MAXIMUM_MESSAGES) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        return task.buffers(Bytes.getLong(header, MSGHDR_IOV), (int) count);
    }
}
