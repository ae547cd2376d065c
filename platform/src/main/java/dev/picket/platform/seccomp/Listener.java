package dev.picket.platform.seccomp;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.platform.linux.Seccomp;

/**
 * The worker's end of a filter with user notification, whose only thread is a stub's; see seccomp_unotify(2). It owns the
 * descriptor. One thread at a time may use it.
 *
 * <pre>
 * struct seccomp_notif        0 id  8 pid  12 flags  16 data: 16 nr  20 arch  24 instruction_pointer  32 args (6)
 * struct seccomp_notif_resp   0 id  8 val  16 error  20 flags
 * struct seccomp_notif_addfd  0 id  8 flags  12 srcfd  16 newfd  20 newfd_flags
 * </pre>
 */
final class Listener implements AutoCloseable {
    private static final int NOTIFICATION_BYTES = 80;
    private static final int RESPONSE = 80;
    private static final int ADD_DESCRIPTOR = 104;
    private static final int POLL = 128;
    private static final int AREA_BYTES = 136;

    private final int descriptor;
    private final boolean pollsFirst;
    private final long area = NativeMemory.allocate(AREA_BYTES);

    /**
     * @param pollsFirst whether the kernel leaves a receiver asleep when the stub ends, as Linux before 6.11 does: then
     *     it has to wait in poll(2), which is woken
     */
    Listener(int descriptor, boolean pollsFirst) {
        this.descriptor = descriptor;
        this.pollsFirst = pollsFirst;
        // EINVAL before Linux 6.6: slower, since it wakes across CPUs, but not wrong.
        Host.ioctl(descriptor, Seccomp.SECCOMP_IOCTL_NOTIF_SET_FLAGS, Seccomp.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
    }

    /** Waits for the next notification. @throws StubLostException if the thread is gone */
    void receive() throws StubLostException {
        while (true) {
            if (pollsFirst) {
                poll(-1);
            }
            NativeMemory.fill(area, NOTIFICATION_BYTES, (byte) 0);
            int result = Host.ioctl(descriptor, Seccomp.SECCOMP_IOCTL_NOTIF_RECV, area);
            if (result == 0) {
                return;
            }
            if (result == -Errno.ENOENT) {
                poll(0); // a signal took the call back before it was received; or the thread is gone
            } else if (result != -Errno.EINTR) {
                throw new PlatformException("receiving from a stub failed", -result);
            }
        }
    }

    private void poll(int timeoutMillis) throws StubLostException {
        NativeMemory.putInt(area + POLL, descriptor);
        NativeMemory.putInt(area + POLL + 4, Poll.POLLIN);
        int result = Host.poll(area + POLL, 1, timeoutMillis);
        if (result > 0 && (NativeMemory.getInt(area + POLL + 4) >>> 16 & Poll.POLLHUP) != 0) {
            throw new StubLostException();
        }
    }

    /** Answers what was received last. @throws StubLostException if the thread is gone */
    void answer(long value) throws StubLostException {
        NativeMemory.putLong(area + RESPONSE, NativeMemory.getLong(area));
        NativeMemory.putLong(area + RESPONSE + 8, value);
        int result = Host.ioctl(descriptor, Seccomp.SECCOMP_IOCTL_NOTIF_SEND, area + RESPONSE);
        if (result < 0) {
            lostOr("answering a stub failed", result);
        }
    }

    /** Puts a descriptor of ours into the stub as {@code number}, replacing what is there. */
    void addDescriptor(int ours, int number) throws StubLostException {
        NativeMemory.putLong(area + ADD_DESCRIPTOR, NativeMemory.getLong(area));
        NativeMemory.putInt(area + ADD_DESCRIPTOR + 8, Seccomp.SECCOMP_ADDFD_FLAG_SETFD);
        NativeMemory.putInt(area + ADD_DESCRIPTOR + 12, ours);
        NativeMemory.putInt(area + ADD_DESCRIPTOR + 16, number);
        int result = Host.ioctl(descriptor, Seccomp.SECCOMP_IOCTL_NOTIF_ADDFD, area + ADD_DESCRIPTOR);
        if (result < 0) {
            lostOr("giving a stub a descriptor failed", result);
        }
    }

    private static void lostOr(String what, int result) throws StubLostException {
        if (result == -Errno.ENOENT || result == -Errno.ESRCH) {
            throw new StubLostException();
        }
        throw new PlatformException(what, -result);
    }

    // ---- What was received last

    int threadId() {
        return NativeMemory.getInt(area + 8);
    }

    int number() {
        return NativeMemory.getInt(area + 16);
    }

    long instructionPointer() {
        return NativeMemory.getLong(area + 24);
    }

    long argument(int index) {
        return NativeMemory.getLong(area + 32 + index * 8L);
    }

    @Override
    public void close() {
        Host.close(descriptor);
        NativeMemory.free(area);
    }
}
