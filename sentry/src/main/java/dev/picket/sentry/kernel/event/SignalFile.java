package dev.picket.sentry.kernel.event;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.Waiter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Signals that are read instead of handled; see signalfd(2).
 *
 * <p>Which signals there are depends on who asks. A read takes those of its caller; {@link #readiness}, which does not know
 * its caller, answers for the task that made the file or read it last.
 */
public final class SignalFile extends OpenFile {
    /*
     * struct signalfd_siginfo: 0 signo | 4 errno | 8 code | 12 pid | 16 uid | 20 fd | 24 tid | 28 band | 32 overrun
     * | 36 trapno | 40 status | 44 int | 48 ptr (8) | 56 utime (8) | 64 stime (8) | 72 addr (8) | 80 addr_lsb ... 128
     */
    private static final int INFO_BYTES = 128;

    private final Inode inode;
    private volatile Task owner;
    private volatile long mask;

    /** @param mask the signals that are read here, as a kernel's sigset_t */
    public SignalFile(Inode inode, int flags, Task owner, long mask) {
        super(null, flags);
        this.inode = inode;
        this.owner = owner;
        this.mask = mask;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    /** The signals that are read here, for /proc/PID/fdinfo. */
    public long mask() {
        return mask;
    }

    /** signalfd(2) for a file that is there already. */
    public void setMask(long mask) {
        this.mask = mask;
        owner.group().signals().arrivals().wake(READABLE);
    }

    @Override
    public void beforeRead(Caller caller) {
        if (caller instanceof Task task) {
            owner = task;
        }
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        if (destination.remaining() < INFO_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var reader = owner;
        long done = 0;
        while (destination.remaining() >= INFO_BYTES) {
            var info = reader.signals().take(mask);
            if (info == null) {
                break;
            }
            if (destination.copyOut(encode(info), 0, INFO_BYTES) < INFO_BYTES) {
                throw ErrnoException.of(Errno.EFAULT);
            }
            done += INFO_BYTES;
        }
        return done == 0 ? WOULD_BLOCK : done;
    }

    private static byte[] encode(SignalInfo info) {
        var buffer = ByteBuffer.allocate(INFO_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(0, info.signal()).putInt(4, info.errno()).putInt(8, info.code());
        switch (info.code()) {
            case SignalCode.SI_TIMER -> buffer.putInt(24, info.timer())
                    .putInt(32, info.overrun())
                    .putInt(44, (int) info.value())
                    .putLong(48, info.value());
            case SignalCode.SI_QUEUE -> buffer.putInt(12, info.processId())
                    .putInt(16, info.user())
                    .putInt(44, (int) info.value())
                    .putLong(48, info.value());
            default -> {
                if (info.signal() == Signal.SIGCHLD && info.code() > 0) {
                    buffer.putInt(12, info.processId()).putInt(16, info.user()).putInt(40, info.status());
                    buffer.putLong(56, info.userTicks()).putLong(64, info.systemTicks());
                } else if (info.code() <= 0) {
                    buffer.putInt(12, info.processId()).putInt(16, info.user());
                } else {
                    buffer.putLong(72, info.address());
                }
            }
        }
        return buffer.array();
    }

    @Override
    public int readiness() {
        var task = owner;
        long pending = task.group().signals().pendingSet()
                | (task.hasEnded() ? 0 : task.signals().pendingSet());
        return (pending & mask) != 0 ? READABLE : 0;
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        owner.group().signals().arrivals().add(waiter, events);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        owner.group().signals().arrivals().remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }
}
