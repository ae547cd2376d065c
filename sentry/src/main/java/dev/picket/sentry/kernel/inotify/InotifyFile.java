package dev.picket.sentry.kernel.inotify;

import static dev.picket.platform.linux.Inotify.*;
import static dev.picket.platform.linux.Poll.READABLE;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileWatch;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;
import dev.picket.sentry.wait.Waiter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An inotify instance: watches of files, and the events that they have seen; see inotify(7). */
public final class InotifyFile extends OpenFile {
    /** Names are padded to a multiple of this. */
    private static final int NAME_UNIT = 16;

    /** What an event costs on the heap, about, beside its name. */
    private static final long EVENT_COST = 64;

    /** Marks a watch whose events say so once, when nobody has room for them. */
    private static final Event OVERFLOW = new Event(-1, IN_Q_OVERFLOW, 0, null);

    private record Event(int watch, int mask, int cookie, String name) {
        /** Length of the padded name. */
        int nameBytes() {
            return name == null ? 0 : (name.length() + NAME_UNIT) / NAME_UNIT * NAME_UNIT;
        }

        int bytes() {
            return EVENT_BYTES + nameBytes();
        }

        /** Whether nobody would miss one of the two, one right behind the other. */
        boolean repeats(Event before) {
            return mask == before.mask
                    && watch == before.watch
                    && (name == null ? before.name == null : name.equals(before.name));
        }

        long cost() {
            return EVENT_COST + (name == null ? 0 : name.length());
        }
    }

    /** One file that is watched. */
    private final class Watch implements FileWatch {
        private final Inode watched;
        private int descriptor;
        private volatile int events;
        private volatile int flags;

        Watch(Inode watched) {
            this.watched = watched;
        }

        @Override
        public int wantedEvents() {
            return events | IN_UNMOUNT;
        }

        @Override
        public void happened(int event, int cookie, String name, boolean unlinked) {
            if (unlinked && (flags & IN_EXCL_UNLINK) != 0) {
                return;
            }
            // Events about the watched file itself never say that it is a directory, for compatibility.
            int mask = (event & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0 ? event & ~IN_ISDIR : event;
            enqueue(new Event(descriptor, mask, cookie, name));
            if ((flags & IN_ONESHOT) != 0 && watched.removeWatch(this)) {
                ended();
            }
        }

        @Override
        public void ended() {
            forget(this);
            enqueue(new Event(descriptor, IN_IGNORED, 0, null));
        }
    }

    private final Inode inode;
    private final InotifyLimits limits;
    private final int user;
    private final WaitQueue waiters = new WaitQueue();

    // Guarded by this.
    private final TreeMap<Integer, Watch> watches = new TreeMap<>();
    private final Map<Inode, Watch> byInode = new IdentityHashMap<>();
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private int queuedBytes;
    private int lastDescriptor;
    private boolean closed;

    /**
     * @param flags O_RDONLY, perhaps with O_NONBLOCK
     * @throws ErrnoException EMFILE if the user has too many
     */
    public InotifyFile(Inode inode, int flags, InotifyLimits limits, int user) throws ErrnoException {
        super(null, flags);
        limits.takeInstance(user);
        this.inode = inode;
        this.limits = limits;
        this.user = user;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    // ---- Watches

    /**
     * inotify_add_watch(2), behind the checks of path and permission.
     *
     * @param mask IN_ events and flags
     * @return the watch's descriptor
     * @throws ErrnoException EEXIST, ENOSPC, ENOMEM
     */
    public int watch(Inode watched, int mask) throws ErrnoException {
        synchronized (this) {
            Watch known = byInode.get(watched);
            if (known != null) {
                if ((mask & IN_MASK_CREATE) != 0) {
                    throw ErrnoException.of(Errno.EEXIST);
                }
                int kept = (mask & IN_MASK_ADD) != 0 ? known.events : 0;
                int keptFlags = (mask & IN_MASK_ADD) != 0 ? known.flags : 0;
                known.events = kept | mask & IN_ALL_EVENTS;
                known.flags = keptFlags | mask & (IN_EXCL_UNLINK | IN_ONESHOT);
                return known.descriptor;
            }
            limits.takeWatch(user);
            var watch = new Watch(watched);
            watch.descriptor = nextDescriptor();
            watch.events = mask & IN_ALL_EVENTS;
            watch.flags = mask & (IN_EXCL_UNLINK | IN_ONESHOT);
            watches.put(watch.descriptor, watch);
            byInode.put(watched, watch);
            watched.addWatch(watch);
            return watch.descriptor;
        }
    }

    private int nextDescriptor() {
        do {
            lastDescriptor = lastDescriptor == Integer.MAX_VALUE ? 1 : lastDescriptor + 1;
        } while (watches.containsKey(lastDescriptor));
        return lastDescriptor;
    }

    /** inotify_rm_watch(2): EINVAL. */
    public void unwatch(int descriptor) throws ErrnoException {
        Watch watch;
        synchronized (this) {
            watch = watches.get(descriptor);
        }
        if (watch == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (watch.watched.removeWatch(watch)) {
            watch.ended();
        }
    }

    private synchronized void forget(Watch watch) {
        if (watches.remove(watch.descriptor, watch)) {
            byInode.remove(watch.watched);
            limits.giveBackWatch(user);
        }
    }

    /** One line of /proc/PID/fdinfo for each watch. */
    public String describe() throws ErrnoException {
        List<Watch> all;
        synchronized (this) {
            all = new ArrayList<>(watches.values());
        }
        var text = new StringBuilder();
        for (var watch : all) {
            var attributes = watch.watched.attributes();
            text.append(String.format(
                    "inotify wd:%x ino:%x sdev:%x mask:%x ignored_mask:0 \n",
                    watch.descriptor, attributes.inode(), attributes.device(), watch.events));
        }
        return text.toString();
    }

    // ---- Events

    private void enqueue(Event event) {
        synchronized (this) {
            if (closed) {
                return;
            }
            Event last = events.peekLast();
            if (last != null && event.repeats(last)) {
                return;
            }
            Event added = event;
            if (events.size() >= limits.queuedEvents() || !limits.takeHeap(event.cost())) {
                if (last == OVERFLOW) {
                    return;
                }
                added = OVERFLOW; // which is free
            }
            events.add(added);
            queuedBytes += added.bytes();
        }
        waiters.wake(READABLE);
    }

    private Event take() {
        Event event = events.poll();
        queuedBytes -= event.bytes();
        if (event != OVERFLOW) {
            limits.giveBackHeap(event.cost());
        }
        return event;
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        long done = 0;
        while (true) {
            Event event;
            synchronized (this) {
                Event next = events.peekFirst();
                if (next == null) {
                    return done > 0 ? done : WOULD_BLOCK;
                }
                if (next.bytes() > destination.remaining()) {
                    if (done > 0) {
                        return done;
                    }
                    throw ErrnoException.of(Errno.EINVAL);
                }
                event = take();
            }
            byte[] bytes = encode(event);
            if (destination.copyOut(bytes, 0, bytes.length) < bytes.length) {
                throw ErrnoException.of(Errno.EFAULT);
            }
            done += bytes.length;
        }
    }

    private static byte[] encode(Event event) {
        byte[] bytes = new byte[event.bytes()];
        Bytes.putInt(bytes, EVENT_WD, event.watch);
        Bytes.putInt(bytes, EVENT_MASK, event.mask);
        Bytes.putInt(bytes, EVENT_COOKIE, event.cookie);
        Bytes.putInt(bytes, EVENT_LEN, event.nameBytes());
        if (event.name != null) {
            byte[] name = event.name.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(name, 0, bytes, EVENT_BYTES, name.length);
        }
        return bytes;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (request != Ioctl.FIONREAD) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        int bytes;
        synchronized (this) {
            bytes = queuedBytes;
        }
        caller.memory().putInt(argument, bytes);
        return 0;
    }

    @Override
    public synchronized int readiness() {
        return events.isEmpty() ? 0 : READABLE;
    }

    @Override
    public void addWaiter(Waiter waiter, int wanted) {
        waiters.add(waiter, wanted);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        waiters.remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }

    @Override
    protected void released() {
        List<Watch> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(watches.values());
            while (!events.isEmpty()) {
                take();
            }
        }
        for (var watch : all) {
            if (watch.watched.removeWatch(watch)) {
                forget(watch);
            }
        }
        limits.giveBackInstance(user);
    }
}
