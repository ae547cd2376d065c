package dev.picket.sentry.kernel.event;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Clocks;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.time.Clock;
import dev.picket.sentry.kernel.time.TimerService;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.WaitableFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A timer that is read; see timerfd_create(2). */
public final class TimerFile extends WaitableFile {
    /** Farther in the future than anybody waits, and no sum with a time of now overflows. */
    private static final long FAR_NANOS = Long.MAX_VALUE / 4;

    private final Inode inode;
    private final int clockId;
    private final Clock clock;
    private final TimerService timers;

    private boolean armed;
    private long dueNanos; // by System.nanoTime()
    private long intervalNanos;
    private long expirations;
    private TimerService.Entry entry;
    private boolean closed;

    /**
     * What timerfd_gettime(2) tells.
     *
     * @param leftNanos time until the timer expires next, 0 if it is not armed
     */
    public record Setting(long leftNanos, long intervalNanos) {}

    /** @param clockId one of CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME and the alarm clocks */
    public TimerFile(Inode inode, int flags, int clockId, Clock clock, TimerService timers) {
        super(flags);
        this.inode = inode;
        this.clockId = clockId;
        this.clock = clock;
        this.timers = timers;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    public int clockId() {
        return clockId;
    }

    /** How often the timer has expired since it was read or set, for /proc/PID/fdinfo. */
    public synchronized long expirations() {
        return expirations;
    }

    /**
     * Arms the timer, or disarms it ({@code valueNanos} 0).
     *
     * @param absolute whether {@code valueNanos} is a time of the timer's clock, not one from now
     * @return what it was set to before
     */
    public Setting set(long valueNanos, long interval, boolean absolute) {
        Setting before;
        synchronized (this) {
            before = get();
            cancel();
            expirations = 0;
            intervalNanos = interval;
            armed = valueNanos != 0 && !closed;
            if (armed) {
                long fromNow = absolute ? valueNanos - now() : valueNanos;
                dueNanos = System.nanoTime() + Math.min(fromNow, FAR_NANOS);
                entry = timers.schedule(dueNanos, this::expire);
            }
        }
        return before;
    }

    public synchronized Setting get() {
        return new Setting(armed ? Math.max(1, dueNanos - System.nanoTime()) : 0, intervalNanos);
    }

    private long now() {
        return switch (clockId) {
            case Clocks.CLOCK_REALTIME, Clocks.CLOCK_REALTIME_ALARM -> clock.realtimeNanos();
            case Clocks.CLOCK_BOOTTIME, Clocks.CLOCK_BOOTTIME_ALARM -> clock.bootNanos();
            default -> clock.monotonicNanos();
        };
    }

    private void expire() {
        synchronized (this) {
            long late = System.nanoTime() - dueNanos;
            if (!armed || late < 0) {
                return; // set anew in the meantime
            }
            expirations++;
            if (intervalNanos == 0) {
                armed = false;
                entry = null;
            } else {
                long missed = late / intervalNanos;
                expirations += missed;
                dueNanos += (missed + 1) * intervalNanos;
                entry = timers.schedule(dueNanos, this::expire);
            }
        }
        waiters().wake(READABLE);
    }

    private void cancel() {
        if (entry != null) {
            entry.cancel();
            entry = null;
        }
    }

    @Override
    protected void released() {
        synchronized (this) {
            closed = true;
            armed = false;
            cancel();
        }
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        if (destination.remaining() < Long.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] value = new byte[Long.BYTES];
        synchronized (this) {
            if (expirations == 0) {
                return WOULD_BLOCK;
            }
            ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putLong(expirations);
            expirations = 0;
        }
        if (destination.copyOut(value, 0, Long.BYTES) < Long.BYTES) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return Long.BYTES;
    }

    @Override
    public synchronized int readiness() {
        return expirations > 0 ? READABLE : 0;
    }
}
