package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Clocks;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.event.EventCounter;
import dev.picket.sentry.kernel.event.SignalFile;
import dev.picket.sentry.kernel.event.TimerFile;
import dev.picket.sentry.kernel.signal.SignalSet;

/** eventfd(2), signalfd(2), timerfd_create(2) and theirs: events that are read from a descriptor. */
final class EventFiles {
    /** EFD_, SFD_ and TFD_NONBLOCK and _CLOEXEC are the flags of open(2). */
    private static final int COMMON_FLAGS = O_NONBLOCK | O_CLOEXEC;

    private static final int TFD_TIMER_ABSTIME = 1;
    private static final int TFD_TIMER_CANCEL_ON_SET = 2;

    // struct itimerspec: it_interval (16), it_value (16)
    private static final int VALUE = 16;

    private EventFiles() {}

    /** eventfd(2). */
    static long eventfd(Task task, SyscallArguments args) throws ErrnoException {
        return makeEventCounter(task, args.asInt(0), 0);
    }

    /** eventfd2(2): eventfd with flags. */
    static long eventfd2(Task task, SyscallArguments args) throws ErrnoException {
        return makeEventCounter(task, args.asInt(0), args.asInt(1));
    }

    private static long makeEventCounter(Task task, int initial, int flags) throws ErrnoException {
        if ((flags & ~(COMMON_FLAGS | EventCounter.EFD_SEMAPHORE)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var inode = task.kernel().anonymousFiles().inode(task.credentials(), "[eventfd]");
        boolean semaphore = (flags & EventCounter.EFD_SEMAPHORE) != 0;
        var file = new EventCounter(inode, O_RDWR | flags & O_NONBLOCK, initial, semaphore);
        return Descriptors.install(task, file, (flags & O_CLOEXEC) != 0);
    }

    /** signalfd(2). */
    static long signalfd(Task task, SyscallArguments args) throws ErrnoException {
        return makeSignalFile(task, args, 0);
    }

    /** signalfd4(2): signalfd with flags. */
    static long signalfd4(Task task, SyscallArguments args) throws ErrnoException {
        return makeSignalFile(task, args, args.asInt(3));
    }

    private static long makeSignalFile(Task task, SyscallArguments args, int flags) throws ErrnoException {
        int descriptor = args.asInt(0);
        long maskAddress = args.asAddress(1);
        long maskBytes = args.asSize(2);

        if (maskBytes != Long.BYTES || (flags & ~COMMON_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long mask = task.memory().getLong(maskAddress) & ~SignalSet.UNBLOCKABLE;

        if (descriptor != -1) {
            if (!(task.file(descriptor) instanceof SignalFile file)) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            file.setMask(mask);
            return descriptor;
        }
        var inode = task.kernel().anonymousFiles().inode(task.credentials(), "[signalfd]");
        var file = new SignalFile(inode, O_RDWR | flags & O_NONBLOCK, task, mask);
        return Descriptors.install(task, file, (flags & O_CLOEXEC) != 0);
    }

    /** timerfd_create(2). */
    static long timerfdCreate(Task task, SyscallArguments args) throws ErrnoException {
        int clockId = args.asInt(0);
        int flags = args.asInt(1);

        if ((flags & ~COMMON_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        switch (clockId) {
            case Clocks.CLOCK_REALTIME, Clocks.CLOCK_MONOTONIC, Clocks.CLOCK_BOOTTIME -> {}
                // CAP_WAKE_ALARM, which a sandbox never has.
            case Clocks.CLOCK_REALTIME_ALARM, Clocks.CLOCK_BOOTTIME_ALARM -> throw ErrnoException.of(Errno.EPERM);
            default -> throw ErrnoException.of(Errno.EINVAL);
        }

        var kernel = task.kernel();
        var inode = kernel.anonymousFiles().inode(task.credentials(), "[timerfd]");
        var file = new TimerFile(inode, O_RDWR | flags & O_NONBLOCK, clockId, kernel.clock(), kernel.timers());
        return Descriptors.install(task, file, (flags & O_CLOEXEC) != 0);
    }

    /** timerfd_settime(2). */
    static long timerfdSettime(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int flags = args.asInt(1);
        long newAddress = args.asAddress(2);
        long oldAddress = args.asAddress(3);

        if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long interval = Timeouts.readTimespec(task.memory(), newAddress);
        long value = Timeouts.readTimespec(task.memory(), newAddress + VALUE);
        var timer = timer(task, descriptor);

        // A guest cannot set the clock, so TFD_TIMER_CANCEL_ON_SET never has anything to cancel.
        var before = timer.set(value, interval, (flags & TFD_TIMER_ABSTIME) != 0);
        if (oldAddress != 0) {
            store(task, oldAddress, before);
        }
        return 0;
    }

    /** timerfd_gettime(2). */
    static long timerfdGettime(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);

        store(task, address, timer(task, descriptor).get());
        return 0;
    }

    private static TimerFile timer(Task task, int descriptor) throws ErrnoException {
        if (task.file(descriptor) instanceof TimerFile timer) {
            return timer;
        }
        throw ErrnoException.of(Errno.EINVAL);
    }

    private static void store(Task task, long address, TimerFile.Setting setting) throws ErrnoException {
        Timeouts.writeTimespec(task.memory(), address, setting.intervalNanos());
        Timeouts.writeTimespec(task.memory(), address + VALUE, setting.leftNanos());
    }
}
