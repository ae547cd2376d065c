package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Epoll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.epoll.EpollFile;
import dev.picket.sentry.kernel.epoll.EpollSink;
import dev.picket.sentry.memory.MemoryManager;

/** epoll_create(2), epoll_ctl(2), epoll_wait(2) and their variants. */
final class EpollCalls {
    private static final int EVENT_DATA = 4;
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private EpollCalls() {}

    /** epoll_create(2). The size has no meaning any more, but must be positive. */
    static long epollCreate(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asInt(0) <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return create(task, false);
    }

    /** epoll_create1(2). */
    static long epollCreate1(Task task, SyscallArguments args) throws ErrnoException {
        int flags = args.asInt(0);

        if ((flags & ~EPOLL_CLOEXEC) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return create(task, (flags & EPOLL_CLOEXEC) != 0);
    }

    private static long create(Task task, boolean closeOnExec) throws ErrnoException {
        var files = task.kernel().anonymousFiles();
        var inode = files.inode(task.credentials(), "[eventpoll]");
        return Descriptors.install(task, new EpollFile(inode, files.epollGraph()), closeOnExec);
    }

    /** epoll_ctl(2). */
    static long epollCtl(Task task, SyscallArguments args) throws ErrnoException {
        int epollDescriptor = args.asInt(0);
        int operation = args.asInt(1);
        int descriptor = args.asInt(2);
        long address = args.asAddress(3);

        int events = 0;
        long data = 0;
        if (operation != EPOLL_CTL_DEL) {
            events = task.memory().getInt(address);
            data = task.memory().getLong(address + EVENT_DATA);
        }

        var epoll = task.file(epollDescriptor);
        var file = task.file(descriptor);
        if (!file.supportsPolling()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (!(epoll instanceof EpollFile instance) || epoll == file) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        switch (operation) {
            case EPOLL_CTL_ADD -> instance.add(file, descriptor, events, data);
            case EPOLL_CTL_MOD -> instance.modify(file, descriptor, events, data);
            case EPOLL_CTL_DEL -> instance.remove(file, descriptor);
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    /** epoll_wait(2). */
    static long epollWait(Task task, SyscallArguments args) throws ErrnoException {
        long deadline = deadlineOfMillis(args.asInt(3));

        return uninterrupted(() -> await(task, args, deadline));
    }

    /** epoll_pwait(2). */
    static long epollPwait(Task task, SyscallArguments args) throws ErrnoException {
        long maskAddress = args.asAddress(4);
        long maskBytes = args.asSize(5);

        long deadline = deadlineOfMillis(args.asInt(3));

        return uninterrupted(() -> SignalMasks.with(task, maskAddress, maskBytes, () -> await(task, args, deadline)));
    }

    /** epoll_pwait2(2). */
    static long epollPwait2(Task task, SyscallArguments args) throws ErrnoException {
        long timeoutAddress = args.asAddress(3);
        long maskAddress = args.asAddress(4);
        long maskBytes = args.asSize(5);

        long timeout = timeoutAddress == 0 ? Timeouts.NEVER : Timeouts.readTimespec(task.memory(), timeoutAddress);
        long deadline = Timeouts.deadline(timeout);

        return uninterrupted(() -> SignalMasks.with(task, maskAddress, maskBytes, () -> await(task, args, deadline)));
    }

    private static long deadlineOfMillis(int millis) {
        return millis < 0 ? Timeouts.NEVER : Timeouts.deadline(millis * NANOS_PER_MILLISECOND);
    }

    private static long await(Task task, SyscallArguments args, long deadline) throws ErrnoException {
        int descriptor = args.asInt(0);
        long address = args.asAddress(1);
        int maximum = args.asInt(2);

        if (maximum <= 0 || maximum > Integer.MAX_VALUE / EPOLL_EVENT_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (!(task.file(descriptor) instanceof EpollFile epoll)) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        var events = new EventArray(task.memory(), address);
        int count = epoll.collect(maximum, events);
        if (count > 0 || deadline != Timeouts.NEVER && Timeouts.left(deadline) == 0) {
            return count;
        }
        task.block(epoll.waiters(), Poll.POLLIN, deadline, () -> epoll.collect(maximum, events) > 0);
        return events.count;
    }

    /** A signal ends epoll_wait with EINTR, whatever its handler's flags say; signal(7). */
    private static long uninterrupted(SignalMasks.Wait wait) throws ErrnoException {
        try {
            return wait.await();
        } catch (InterruptedCallException e) {
            throw ErrnoException.of(Errno.EINTR);
        }
    }

    /** The array of struct epoll_event that a call fills. */
    private static final class EventArray implements EpollSink {
        private final MemoryManager memory;
        private final long address;
        private int count;

        EventArray(MemoryManager memory, long address) {
            this.memory = memory;
            this.address = address;
        }

        @Override
        public void accept(int events, long data) throws ErrnoException {
            long place = address + (long) count * EPOLL_EVENT_BYTES;
            memory.putInt(place, events);
            memory.putLong(place + EVENT_DATA, data);
            count++;
        }
    }
}
