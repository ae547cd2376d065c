package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.FileTable;
import dev.picket.sentry.kernel.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** poll(2), ppoll(2), select(2), pselect6(2): waiting for events of several files. */
final class Polling {
    /*
     * struct pollfd: 0 fd (4) | 4 events (2) | 6 revents (2)
     */
    private static final int POLLFD_BYTES = 8;
    private static final int POLLFD_EVENTS = 4;
    private static final int POLLFD_REVENTS = 6;

    /** More at once are refused, so that poll cannot take more of the Sentry's memory than a read does. */
    private static final int MAXIMUM_POLLFDS = 1 << 16;

    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    // What select(2) means by readable, writable and exceptional; fs/select.c.
    private static final int SELECT_READ = READABLE | POLLRDBAND | POLLHUP | POLLERR;
    private static final int SELECT_WRITE = WRITABLE | POLLWRBAND | POLLERR;
    private static final int SELECT_EXCEPT = POLLPRI;

    private Polling() {}

    /** poll(2). */
    static long poll(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        int count = args.asInt(1);
        int timeoutMillis = args.asInt(2);

        long deadline = timeoutMillis < 0 ? Timeouts.NEVER : Timeouts.deadline(timeoutMillis * NANOS_PER_MILLISECOND);

        return pollRestartably(task, address, count, deadline);
    }

    private static long pollRestartably(Task task, long address, int count, long deadline) throws ErrnoException {
        try {
            return pollUntil(task, address, count, deadline);
        } catch (InterruptedCallException e) {
            throw task.restartBy(later -> pollRestartably(later, address, count, deadline));
        }
    }

    /** ppoll(2). */
    static long ppoll(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        int count = args.asInt(1);
        long timeoutAddress = args.asAddress(2);
        long maskAddress = args.asAddress(3);
        long maskBytes = args.asSize(4);

        long timeout = timeoutAddress == 0 ? Timeouts.NEVER : Timeouts.readTimespec(task.memory(), timeoutAddress);
        long deadline = Timeouts.deadline(timeout);

        try {
            return SignalMasks.with(task, maskAddress, maskBytes, () -> pollUntil(task, address, count, deadline));
        } catch (InterruptedCallException e) {
            throw InterruptedCallException.NOHAND;
        } finally {
            if (timeoutAddress != 0) {
                writeLeft(() -> Timeouts.writeTimespec(task.memory(), timeoutAddress, Timeouts.left(deadline)));
            }
        }
    }

    private static long pollUntil(Task task, long address, int count, long deadline) throws ErrnoException {
        if (Integer.toUnsignedLong(count) > Math.min(openFilesLimit(task), MAXIMUM_POLLFDS)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[count * POLLFD_BYTES];
        task.memory().copyIn(address, bytes, 0, bytes.length);
        var pollFds = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

        var set = new PollSet(count);
        for (int index = 0; index < count; index++) {
            int descriptor = pollFds.getInt(index * POLLFD_BYTES);
            int events = pollFds.getShort(index * POLLFD_BYTES + POLLFD_EVENTS) & 0xffff;
            if (descriptor < 0) {
                continue;
            }
            try {
                set.put(index, task.file(descriptor), events);
            } catch (ErrnoException e) {
                set.putResult(index, POLLNVAL);
            }
        }

        int ready = set.await(task, deadline);
        for (int index = 0; index < count; index++) {
            task.memory().putShort(address + (long) index * POLLFD_BYTES + POLLFD_REVENTS, (short) set.found(index));
        }
        return ready;
    }

    /** select(2). */
    static long select(Task task, SyscallArguments args) throws ErrnoException {
        long timeoutAddress = args.asAddress(4);

        long timeout = timeoutAddress == 0 ? Timeouts.NEVER : Timeouts.readTimeval(task.memory(), timeoutAddress);
        long deadline = Timeouts.deadline(timeout);

        try {
            return selectUntil(task, args, deadline);
        } catch (InterruptedCallException e) {
            throw InterruptedCallException.NOHAND;
        } finally {
            if (timeoutAddress != 0) {
                writeLeft(() -> Timeouts.writeTimeval(task.memory(), timeoutAddress, Timeouts.left(deadline)));
            }
        }
    }

    /** pselect6(2). The sixth argument points to the mask's address and size. */
    static long pselect6(Task task, SyscallArguments args) throws ErrnoException {
        long timeoutAddress = args.asAddress(4);
        long maskArgument = args.asAddress(5);

        long timeout = timeoutAddress == 0 ? Timeouts.NEVER : Timeouts.readTimespec(task.memory(), timeoutAddress);
        long deadline = Timeouts.deadline(timeout);
        long maskAddress = maskArgument == 0 ? 0 : task.memory().getLong(maskArgument);
        long maskBytes = maskArgument == 0 ? 0 : task.memory().getLong(maskArgument + Long.BYTES);

        try {
            return SignalMasks.with(task, maskAddress, maskBytes, () -> selectUntil(task, args, deadline));
        } catch (InterruptedCallException e) {
            throw InterruptedCallException.NOHAND;
        } finally {
            if (timeoutAddress != 0) {
                writeLeft(() -> Timeouts.writeTimespec(task.memory(), timeoutAddress, Timeouts.left(deadline)));
            }
        }
    }

    private static long selectUntil(Task task, SyscallArguments args, long deadline) throws ErrnoException {
        int highest = args.asInt(0);
        long readAddress = args.asAddress(1);
        long writeAddress = args.asAddress(2);
        long exceptAddress = args.asAddress(3);

        if (highest < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        // Linux looks at no more bits than the table of descriptors is long.
        int count = Math.min(highest, (int) Math.min(openFilesLimit(task), FileTable.MAXIMUM));
        byte[] read = copySet(task, readAddress, count);
        byte[] write = copySet(task, writeAddress, count);
        byte[] except = copySet(task, exceptAddress, count);

        var set = new PollSet(count);
        for (int descriptor = 0; descriptor < count; descriptor++) {
            int events = (isIn(read, descriptor) ? SELECT_READ : 0)
                    | (isIn(write, descriptor) ? SELECT_WRITE : 0)
                    | (isIn(except, descriptor) ? SELECT_EXCEPT : 0);
            if (events != 0) {
                var file = task.file(descriptor);
                // Only what was asked for ends the wait: poll's "always" events are not select's.
                set.putExactly(descriptor, file, events);
            }
        }
        set.await(task, deadline);

        int ready = 0;
        for (int descriptor = 0; descriptor < count; descriptor++) {
            int found = set.found(descriptor);
            ready += keep(read, descriptor, (found & SELECT_READ) != 0);
            ready += keep(write, descriptor, (found & SELECT_WRITE) != 0);
            ready += keep(except, descriptor, (found & SELECT_EXCEPT) != 0);
        }
        storeSet(task, readAddress, read);
        storeSet(task, writeAddress, write);
        storeSet(task, exceptAddress, except);
        return ready;
    }

    private static byte[] copySet(Task task, long address, int count) throws ErrnoException {
        if (address == 0) {
            return null;
        }
        byte[] set = new byte[(count + Long.SIZE - 1) / Long.SIZE * Long.BYTES];
        task.memory().copyIn(address, set, 0, set.length);
        return set;
    }

    private static void storeSet(Task task, long address, byte[] set) throws ErrnoException {
        if (set != null) {
            task.memory().copyOut(address, set, 0, set.length);
        }
    }

    private static boolean isIn(byte[] set, int descriptor) {
        return set != null && (set[descriptor >> 3] >> (descriptor & 7) & 1) != 0;
    }

    /** Clears the bit of a descriptor that was asked for and has no event; answers 1 if it has. */
    private static int keep(byte[] set, int descriptor, boolean ready) {
        if (!isIn(set, descriptor)) {
            return 0;
        }
        if (ready) {
            return 1;
        }
        set[descriptor >> 3] &= (byte) ~(1 << (descriptor & 7));
        return 0;
    }

    private static long openFilesLimit(Task task) {
        return Math.min(task.group().limits().soft(Resource.RLIMIT_NOFILE), FileTable.MAXIMUM);
    }

    @FunctionalInterface
    private interface TimeStore {
        void store() throws ErrnoException;
    }

    /** Linux tells the time left where it can: a timeout in read-only memory does not fail the call. */
    private static void writeLeft(TimeStore store) {
        try {
            store.store();
        } catch (ErrnoException e) {
            // poll_select_finish() of fs/select.c ignores it too.
        }
    }
}
