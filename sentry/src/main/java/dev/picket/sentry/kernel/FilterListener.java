package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Seccomp.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;
import dev.picket.sentry.wait.Waiter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The file through which a supervisor hears of calls that a filter hands to it, and answers them; see
 * seccomp_unotify(2). As many calls wait as there are tasks with the filter.
 *
 * <p>Its monitor guards the calls that wait; queues are woken, and guest memory touched, without it.
 */
public final class FilterListener extends OpenFile {
    private static final int O_RDWR = 2;
    private static final int EVENT = READABLE | WRITABLE;

    // struct seccomp_notif_addfd: 0 id, 8 flags, 12 source, 16 target, 20 flags of the target
    private static final int ADDFD_BYTES = 24;
    private static final int PAGE_BYTES = 4096;
    private static final int SIZE_SHIFT = 16;
    private static final int SIZE_MASK = 0x3fff;
    private static final int O_CLOEXEC = 02000000;

    private enum Stage {
        WAITS,
        RECEIVED,
        ANSWERED
    }

    /** A call that waits for its answer. */
    static final class Pending {
        private final Task task;
        private final byte[] data;
        private final long id;
        private Stage stage = Stage.WAITS;
        private long value;
        private int error;
        private boolean continues;

        private Pending(Task task, byte[] data, long id) {
            this.task = task;
            this.data = data;
            this.id = id;
        }

        /** Whether the call is to be carried out after all. */
        boolean continues() {
            return continues;
        }

        /** What the call gives otherwise. */
        long result() {
            return error != 0 ? error : value;
        }
    }

    private final AnonymousInode inode;
    private final WaitQueue arrivals = new WaitQueue();
    private final Map<Long, Pending> calls = new LinkedHashMap<>();
    private long nextId;
    private boolean closed;

    public FilterListener(Task owner) throws ErrnoException {
        super(null, O_RDWR);
        inode = owner.kernel().anonymousFiles().inode(owner.credentials(), "seccomp notify");
        nextId = Bytes.getLong(owner.kernel().random().bytes(Long.BYTES), 0);
    }

    @Override
    public Inode inode() {
        return inode;
    }

    /**
     * Hands a call of {@code task} over and waits for the answer.
     *
     * @throws ErrnoException ENOSYS if nobody listens any more; an InterruptedCallException.SYS
     */
    Pending ask(Task task, byte[] data) throws ErrnoException {
        Pending call;
        synchronized (this) {
            call = new Pending(task, data.clone(), nextId++);
            if (!closed) {
                calls.put(call.id, call);
            }
        }
        arrivals.wake(READABLE);
        try {
            task.blockUntil(Long.MAX_VALUE, () -> isAnswered(call));
        } finally {
            synchronized (this) {
                calls.remove(call.id);
            }
        }
        if (call.stage != Stage.ANSWERED) {
            throw ErrnoException.of(Errno.ENOSYS);
        }
        return call;
    }

    private synchronized boolean isAnswered(Pending call) {
        return closed || call.stage == Stage.ANSWERED;
    }

    @Override
    protected void released() {
        synchronized (this) {
            closed = true;
            for (var call : calls.values()) {
                call.task.unblock();
            }
        }
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (!(caller instanceof Task task)) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        switch (request) {
            case (int) SECCOMP_IOCTL_NOTIF_RECV -> receive(task, argument);
            case (int) SECCOMP_IOCTL_NOTIF_SEND -> answer(task, argument);
            case (int) SECCOMP_IOCTL_NOTIF_ID_VALID, (int) SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR -> checkId(
                    task, argument);
            default -> {
                if (extensible(request) != extensible((int) SECCOMP_IOCTL_NOTIF_ADDFD)) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                return addDescriptor(task, argument, request >>> SIZE_SHIFT & SIZE_MASK);
            }
        }
        return 0;
    }

    /** A request without direction and size of its structure, which may grow in kernels to come; ioctl(2), _IOC. */
    private static int extensible(int request) {
        return request & 0xffff;
    }

    private void receive(Task task, long address) throws ErrnoException {
        byte[] bytes = new byte[NOTIF_BYTES];
        task.memory().copyIn(address, bytes, 0, bytes.length);
        for (byte b : bytes) {
            if (b != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
        var found = new Pending[1];
        try {
            task.block(arrivals, READABLE, Long.MAX_VALUE, () -> (found[0] = takeWaiting()) != null);
        } catch (InterruptedCallException e) {
            throw ErrnoException.of(Errno.EINTR); // down_interruptible() of Linux does not restart
        }
        var call = found[0];
        Bytes.putLong(bytes, 0, call.id);
        Bytes.putInt(bytes, 8, call.task.id());
        System.arraycopy(call.data, 0, bytes, 16, call.data.length);
        try {
            task.memory().copyOut(address, bytes, 0, bytes.length);
        } catch (ErrnoException e) {
            synchronized (this) {
                call.stage = Stage.WAITS; // as if it had never been received
            }
            arrivals.wake(READABLE);
            throw e;
        }
        arrivals.wake(WRITABLE);
    }

    private synchronized Pending takeWaiting() {
        for (var call : calls.values()) {
            if (call.stage == Stage.WAITS) {
                call.stage = Stage.RECEIVED;
                return call;
            }
        }
        return null;
    }

    private void answer(Task task, long address) throws ErrnoException {
        byte[] bytes = new byte[NOTIF_RESP_BYTES];
        task.memory().copyIn(address, bytes, 0, bytes.length);
        long value = Bytes.getLong(bytes, 8);
        int error = Bytes.getInt(bytes, 16);
        int flags = Bytes.getInt(bytes, 20);
        boolean continues = flags == SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        if ((flags & ~SECCOMP_USER_NOTIF_FLAG_CONTINUE) != 0 || continues && (error != 0 || value != 0)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        finish(Bytes.getLong(bytes, 0), value, error, continues);
    }

    private synchronized void finish(long id, long value, int error, boolean continues) throws ErrnoException {
        var call = received(id);
        call.value = value;
        call.error = error;
        call.continues = continues;
        call.stage = Stage.ANSWERED;
        call.task.unblock();
    }

    /** With the monitor: ENOENT if the call is gone, EINPROGRESS if it was not received yet or is answered. */
    private Pending received(long id) throws ErrnoException {
        var call = calls.get(id);
        if (call == null) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        if (call.stage != Stage.RECEIVED) {
            throw ErrnoException.of(Errno.EINPROGRESS);
        }
        return call;
    }

    private void checkId(Task task, long address) throws ErrnoException {
        long id = task.memory().getLong(address);
        synchronized (this) {
            var call = calls.get(id);
            if (call == null || call.stage != Stage.RECEIVED) {
                throw ErrnoException.of(Errno.ENOENT);
            }
        }
    }

    /** Gives the waiting task a descriptor of the supervisor's. */
    private long addDescriptor(Task task, long address, int sizeBytes) throws ErrnoException {
        if (sizeBytes < ADDFD_BYTES || sizeBytes >= PAGE_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[sizeBytes];
        task.memory().copyIn(address, bytes, 0, bytes.length);
        for (int i = ADDFD_BYTES; i < sizeBytes; i++) {
            if (bytes[i] != 0) {
                throw ErrnoException.of(Errno.E2BIG); // a field that only a newer kernel knows
            }
        }
        long id = Bytes.getLong(bytes, 0);
        int flags = Bytes.getInt(bytes, 8);
        int target = Bytes.getInt(bytes, 16);
        int targetFlags = Bytes.getInt(bytes, 20);
        boolean chosen = (flags & SECCOMP_ADDFD_FLAG_SETFD) != 0;
        if ((targetFlags & ~O_CLOEXEC) != 0
                || (flags & ~(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND)) != 0
                || target != 0 && !chosen) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        OpenFile file = task.fileOrPath(Bytes.getInt(bytes, 12));
        Task receiver;
        synchronized (this) {
            receiver = received(id).task;
        }
        boolean closeOnExec = (targetFlags & O_CLOEXEC) != 0;
        file.retain();
        int descriptor;
        try {
            descriptor = chosen
                    ? receiver.files().installAt(file, target, closeOnExec)
                    : receiver.files().install(file, 0, closeOnExec);
        } catch (ErrnoException e) {
            file.release();
            throw e;
        }
        if ((flags & SECCOMP_ADDFD_FLAG_SEND) != 0) {
            finish(id, descriptor, 0, false);
        }
        return descriptor;
    }

    @Override
    public synchronized int readiness() {
        int events = 0;
        for (var call : calls.values()) {
            events |= call.stage == Stage.WAITS ? POLLIN | POLLRDNORM : 0;
            events |= call.stage == Stage.RECEIVED ? POLLOUT | POLLWRNORM : 0;
        }
        return events;
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        arrivals.add(waiter, events);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        arrivals.remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }
}
