package dev.picket.platform.host;

import dev.picket.platform.linux.Errno;

/**
 * Bytes and file descriptors over a connected AF_UNIX socket: sendmsg(2) and recvmsg(2) with SCM_RIGHTS; see unix(7).
 *
 * <p>One thread may send while another receives. It owns the socket's descriptor.
 *
 * <pre>
 * struct msghdr    0 msg_name  8 msg_namelen  16 msg_iov  24 msg_iovlen  32 msg_control  40 msg_controllen  48 msg_flags
 * struct iovec     0 iov_base  8 iov_len
 * struct cmsghdr   0 cmsg_len  8 cmsg_level  12 cmsg_type  16 data (ints)
 * </pre>
 */
public final class DescriptorSocket implements AutoCloseable {
    /** Most descriptors that one message carries here; the kernel allows 253. */
    public static final int MAXIMUM_DESCRIPTORS = 64;

    /** Most bytes that one {@link #send} or {@link #receive} moves. */
    public static final int MAXIMUM_BYTES = 1 << 16;

    public static final int AF_UNIX = 1;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_CLOEXEC = 0x8_0000;

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

    private static final int HEADER = 0;
    private static final int IOVEC = 64;
    private static final int CONTROL = 96;
    private static final int CONTROL_HEADER_BYTES = 16;
    private static final int CONTROL_BYTES = CONTROL_HEADER_BYTES + MAXIMUM_DESCRIPTORS * 4;
    private static final int DATA = 1024;
    private static final int AREA_BYTES = DATA + MAXIMUM_BYTES;

    private final int descriptor;
    private final Object sendLock = new Object();
    private final Object receiveLock = new Object();
    private long sendArea;
    private long receiveArea;
    private boolean closed;

    /** A socket on {@code descriptor}, which is connected, and which this object owns from now on. */
    public DescriptorSocket(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Two sockets connected with each other, both close-on-exec.
     *
     * @param type {@link #SOCK_STREAM} or {@link #SOCK_SEQPACKET}
     * @return the two descriptors, or null and nothing made if the host refuses
     */
    public static int[] pair(int type) {
        long descriptors = NativeMemory.allocate(8);
        try {
            if (Host.socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, descriptors) < 0) {
                return null;
            }
            return new int[] {NativeMemory.getInt(descriptors), NativeMemory.getInt(descriptors + 4)};
        } finally {
            NativeMemory.free(descriptors);
        }
    }

    public int descriptor() {
        return descriptor;
    }

    /**
     * Sends bytes, and descriptors along with the first of them. The sender keeps its descriptors.
     *
     * @param length at least 1 if there are descriptors: a stream carries them with a byte
     * @return how many bytes were sent, which may be fewer than asked for; or a negated errno
     */
    public int send(byte[] bytes, int offset, int length, int... descriptors) {
        java.util.Objects.checkFromIndexSize(offset, length, bytes.length);
        if (descriptors.length > MAXIMUM_DESCRIPTORS) {
            throw new IllegalArgumentException(descriptors.length + " descriptors in one message");
        }
        int count = Math.min(length, MAXIMUM_BYTES);
        synchronized (sendLock) {
            if (isClosed()) {
                return -Errno.EBADF;
            }
            if (sendArea == 0) {
                sendArea = NativeMemory.allocate(AREA_BYTES);
            }
            NativeMemory.copyFromArray(bytes, offset, sendArea + DATA, count);
            int controlBytes = 0;
            if (descriptors.length > 0) {
                controlBytes = CONTROL_HEADER_BYTES + descriptors.length * 4;
                NativeMemory.putLong(sendArea + CONTROL, controlBytes);
                NativeMemory.putInt(sendArea + CONTROL + 8, SOL_SOCKET);
                NativeMemory.putInt(sendArea + CONTROL + 12, SCM_RIGHTS);
                for (int i = 0; i < descriptors.length; i++) {
                    NativeMemory.putInt(sendArea + CONTROL + CONTROL_HEADER_BYTES + i * 4L, descriptors[i]);
                }
            }
            // msg_controllen counts the padding to 8 bytes; see cmsg(3).
            prepare(sendArea, count, controlBytes + 7 & ~7);
            long result;
            do {
                result = Host.sendmsg(descriptor, sendArea + HEADER, MSG_NOSIGNAL);
            } while (result == -Errno.EINTR);
            return (int) result;
        }
    }

    /**
     * Receives bytes, and the descriptors that came with them, which are close-on-exec and the caller's from now on.
     *
     * <p>Descriptors for which there is no room are closed by the kernel, and those that came are closed here: the
     * result is -EMSGSIZE then.
     *
     * @param received where descriptors go, as Integer objects in the order they were sent
     * @return how many bytes came, 0 at the end of the stream; or a negated errno
     */
    public int receive(byte[] bytes, int offset, int length, java.util.List<Integer> received) {
        java.util.Objects.checkFromIndexSize(offset, length, bytes.length);
        int count = Math.min(length, MAXIMUM_BYTES);
        synchronized (receiveLock) {
            if (isClosed()) {
                return -Errno.EBADF;
            }
            if (receiveArea == 0) {
                receiveArea = NativeMemory.allocate(AREA_BYTES);
            }
            prepare(receiveArea, count, CONTROL_BYTES);
            long result;
            do {
                result = Host.recvmsg(descriptor, receiveArea + HEADER, MSG_CMSG_CLOEXEC);
            } while (result == -Errno.EINTR);
            if (result < 0) {
                return (int) result;
            }
            var arrived = arrivedDescriptors();
            if ((NativeMemory.getInt(receiveArea + HEADER + 48) & MSG_CTRUNC) != 0) {
                arrived.forEach(Host::close);
                return -Errno.EMSGSIZE;
            }
            received.addAll(arrived);
            NativeMemory.copyToArray(receiveArea + DATA, bytes, offset, (int) result);
            return (int) result;
        }
    }

    private java.util.List<Integer> arrivedDescriptors() {
        var arrived = new java.util.ArrayList<Integer>();
        long control = receiveArea + CONTROL;
        long end = control + NativeMemory.getLong(receiveArea + HEADER + 40);
        while (end - control >= CONTROL_HEADER_BYTES) {
            long length = NativeMemory.getLong(control);
            if (length < CONTROL_HEADER_BYTES) {
                break;
            }
            boolean isRights =
                    NativeMemory.getInt(control + 8) == SOL_SOCKET && NativeMemory.getInt(control + 12) == SCM_RIGHTS;
            for (long at = CONTROL_HEADER_BYTES; isRights && at + 4 <= length; at += 4) {
                arrived.add(NativeMemory.getInt(control + at));
            }
            control += length + 7 & ~7;
        }
        return arrived;
    }

    private static void prepare(long area, int dataBytes, int controlBytes) {
        NativeMemory.putLong(area + IOVEC, area + DATA);
        NativeMemory.putLong(area + IOVEC + 8, dataBytes);
        NativeMemory.fill(area + HEADER, 56, (byte) 0);
        NativeMemory.putLong(area + HEADER + 16, area + IOVEC);
        NativeMemory.putLong(area + HEADER + 24, 1);
        if (controlBytes > 0) {
            NativeMemory.putLong(area + HEADER + 32, area + CONTROL);
            NativeMemory.putLong(area + HEADER + 40, controlBytes);
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Closes the socket. A {@link #receive} or {@link #send} under way is woken by shutting the connection down first.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Host.shutdown(descriptor, 2); // SHUT_RDWR
        synchronized (sendLock) {
            synchronized (receiveLock) {
                Host.close(descriptor);
                if (sendArea != 0) {
                    NativeMemory.free(sendArea);
                }
                if (receiveArea != 0) {
                    NativeMemory.free(receiveArea);
                }
            }
        }
    }
}
