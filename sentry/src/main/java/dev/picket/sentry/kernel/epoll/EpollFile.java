package dev.picket.sentry.kernel.epoll;

import static dev.picket.platform.linux.Epoll.*;
import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.WaitableFile;
import dev.picket.sentry.wait.Waiter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An epoll instance: watches open files, and lists those with news. See epoll(7).
 *
 * <p>A watched file's wake-up puts its {@link Interest} on the ready list; waiting looks at the ready list only, however
 * many files are watched. An interest is taken off the list before its file is asked for its readiness, so a wake-up that
 * comes in between puts it back, and none is lost.
 */
public final class EpollFile extends WaitableFile {
    /** What an EPOLLEXCLUSIVE interest may ask for; EPOLLEXCLUSIVE_OK_BITS of fs/eventpoll.c. */
    private static final int EXCLUSIVE_EVENTS =
            POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

    private static final int PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
    private static final int ALWAYS = POLLERR | POLLHUP;

    private final Inode inode;
    private final EpollGraph graph;

    private final Object interestLock = new Object();
    private final Map<Key, Interest> interests = new HashMap<>();
    private boolean closed;

    /** Interests with news, oldest first. Its lock is taken by wake-ups, and is innermost. */
    private final ReadyList ready = new ReadyList();

    /** A file is watched once per descriptor, whatever else the descriptor comes to mean later. */
    private record Key(OpenFile file, int descriptor) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key that && file == that.file && descriptor == that.descriptor;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(file) * 31 + descriptor;
        }
    }

    /** What is wanted of one file. */
    private final class Interest implements Waiter, ReleaseListener {
        final Key key;

        // Written with the interest lock held; wake-ups read them without.
        volatile int events;
        volatile long data;

        // Set when EPOLLONESHOT has fired, until the interest is modified.
        volatile boolean isSpent;

        // Guarded by the ready list.
        boolean queued;
        boolean removed;
        Interest previous;
        Interest next;

        Interest(Key key, int events, long data) {
            this.key = key;
            this.events = events;
            this.data = data;
        }

        int wanted() {
            // EPOLLONESHOT leaves nothing but its private bits once it has fired: then not even errors are reported.
            int bits = events & ~PRIVATE_BITS;
            return bits == 0 && isSpent ? 0 : bits | ALWAYS;
        }

        @Override
        public void wake(int occurred) {
            if ((occurred & wanted()) != 0) {
                enqueue(this);
            }
        }

        @Override
        public void fileReleased(OpenFile file) {
            synchronized (interestLock) {
                if (interests.remove(key, this)) {
                    forget(this);
                }
            }
        }
    }

    /** A list that any member can leave at once. */
    private static final class ReadyList {
        Interest first;
        Interest last;
        int size;

        void addLast(Interest interest) {
            interest.queued = true;
            interest.previous = last;
            if (last == null) {
                first = interest;
            } else {
                last.next = interest;
            }
            last = interest;
            size++;
        }

        void addFirst(Interest interest) {
            interest.queued = true;
            interest.next = first;
            if (first == null) {
                last = interest;
            } else {
                first.previous = interest;
            }
            first = interest;
            size++;
        }

        void remove(Interest interest) {
            if (interest.previous == null) {
                first = interest.next;
            } else {
                interest.previous.next = interest.next;
            }
            if (interest.next == null) {
                last = interest.previous;
            } else {
                interest.next.previous = interest.previous;
            }
            interest.previous = null;
            interest.next = null;
            interest.queued = false;
            size--;
        }
    }

    public EpollFile(Inode inode, EpollGraph graph) {
        super(02);
        this.inode = inode;
        this.graph = graph;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    /**
     * EPOLL_CTL_ADD of epoll_ctl(2).
     *
     * @throws ErrnoException EPERM if the file cannot be watched, EEXIST if it is already, ELOOP, EINVAL
     */
    public void add(OpenFile file, int descriptor, int events, long data) throws ErrnoException {
        if (!file.supportsPolling()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (file == this) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((events & EPOLLEXCLUSIVE) != 0
                && ((events & ~EXCLUSIVE_EVENTS & ~READABLE & ~WRITABLE) != 0 || file instanceof EpollFile)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (file instanceof EpollFile inner) {
            synchronized (graph) {
                if (inner.reaches(this, 0) || inner.depth() + 1 > EpollGraph.MAXIMUM_DEPTH) {
                    throw ErrnoException.of(Errno.ELOOP);
                }
                insert(file, descriptor, events, data);
            }
        } else {
            insert(file, descriptor, events, data);
        }
    }

    private void insert(OpenFile file, int descriptor, int events, long data) throws ErrnoException {
        var interest = new Interest(new Key(file, descriptor), events, data);
        synchronized (interestLock) {
            if (closed) {
                throw ErrnoException.of(Errno.EBADF);
            }
            if (interests.putIfAbsent(interest.key, interest) != null) {
                throw ErrnoException.of(Errno.EEXIST);
            }
            file.addWaiter(interest, interest.wanted());
            if (!file.addReleaseListener(interest)) {
                interests.remove(interest.key);
                forget(interest);
                throw ErrnoException.of(Errno.EBADF);
            }
        }
        announceIfReady(interest);
    }

    /** EPOLL_CTL_MOD of epoll_ctl(2); ENOENT if the file is not watched. */
    public void modify(OpenFile file, int descriptor, int events, long data) throws ErrnoException {
        Interest interest;
        synchronized (interestLock) {
            interest = interests.get(new Key(file, descriptor));
            if (interest == null) {
                throw ErrnoException.of(Errno.ENOENT);
            }
            if (((events | interest.events) & EPOLLEXCLUSIVE) != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            file.removeWaiter(interest);
            interest.isSpent = false;
            interest.events = events;
            interest.data = data;
            file.addWaiter(interest, interest.wanted());
        }
        announceIfReady(interest);
    }

    /** EPOLL_CTL_DEL of epoll_ctl(2); ENOENT if the file is not watched. */
    public void remove(OpenFile file, int descriptor) throws ErrnoException {
        synchronized (interestLock) {
            var interest = interests.remove(new Key(file, descriptor));
            if (interest == null) {
                throw ErrnoException.of(Errno.ENOENT);
            }
            file.removeReleaseListener(interest);
            forget(interest);
        }
    }

    /**
     * Hands out up to {@code maximum} events.
     *
     * @return how many; 0 if there are none now
     * @throws ErrnoException what the sink threw, if it was at the first event
     */
    public int collect(int maximum, EpollSink sink) throws ErrnoException {
        int count = 0;
        synchronized (interestLock) {
            int rounds;
            synchronized (ready) {
                rounds = ready.size;
            }
            List<Interest> again = null;
            try {
                while (count < maximum && rounds-- > 0) {
                    var interest = dequeue();
                    if (interest == null) {
                        break;
                    }
                    int wanted = interest.wanted();
                    int events = interest.key.file.readiness() & wanted;
                    if (events == 0) {
                        continue;
                    }
                    try {
                        sink.accept(events, interest.data);
                    } catch (ErrnoException e) {
                        enqueueFirst(interest);
                        if (count == 0) {
                            throw e;
                        }
                        break;
                    }
                    count++;
                    if ((interest.events & EPOLLONESHOT) != 0) {
                        interest.isSpent = true;
                        interest.events &= PRIVATE_BITS;
                    } else if ((interest.events & EPOLLET) == 0) {
                        again = again == null ? new ArrayList<>() : again;
                        again.add(interest);
                    }
                }
            } finally {
                // Level-triggered: to be looked at again next time, behind those whose turn has not come yet.
                if (again != null) {
                    for (var interest : again) {
                        enqueueQuietly(interest);
                    }
                }
            }
        }
        if (count > 0 && hasQueued()) {
            // Another thread that waits may have been woken for what is still there, and have found us at work.
            waiters().wake(READABLE);
        }
        return count;
    }

    @Override
    public int readiness() {
        // What is on the ready list may be stale; so look, as Linux does in ep_item_poll, but take nothing off for
        // good.
        synchronized (interestLock) {
            int rounds;
            synchronized (ready) {
                rounds = ready.size;
            }
            while (rounds-- > 0) {
                var interest = dequeue();
                if (interest == null) {
                    return 0;
                }
                if ((interest.key.file.readiness() & interest.wanted()) != 0) {
                    enqueueFirst(interest);
                    return READABLE;
                }
            }
            return 0;
        }
    }

    /** Takes the watched files one by one, for /proc/PID/fdinfo. */
    @FunctionalInterface
    public interface InterestVisitor {
        void visit(OpenFile file, int descriptor, int events, long data);
    }

    /** Shows all that is watched. */
    public void forEachInterest(InterestVisitor visitor) {
        synchronized (interestLock) {
            for (var interest : interests.values()) {
                visitor.visit(interest.key.file, interest.key.descriptor, interest.events, interest.data);
            }
        }
    }

    @Override
    protected void released() {
        synchronized (interestLock) {
            closed = true;
            for (var interest : interests.values()) {
                interest.key.file.removeReleaseListener(interest);
                forget(interest);
            }
            interests.clear();
        }
    }

    private void forget(Interest interest) {
        interest.key.file.removeWaiter(interest);
        synchronized (ready) {
            interest.removed = true;
            if (interest.queued) {
                ready.remove(interest);
            }
        }
    }

    private void announceIfReady(Interest interest) {
        if ((interest.key.file.readiness() & interest.wanted()) != 0) {
            enqueue(interest);
        }
    }

    private void enqueue(Interest interest) {
        synchronized (ready) {
            if (interest.removed) {
                return;
            }
            if (!interest.queued) {
                ready.addLast(interest);
            }
        }
        waiters().wake(READABLE);
    }

    private void enqueueQuietly(Interest interest) {
        synchronized (ready) {
            if (!interest.removed && !interest.queued) {
                ready.addLast(interest);
            }
        }
    }

    private void enqueueFirst(Interest interest) {
        synchronized (ready) {
            if (!interest.removed && !interest.queued) {
                ready.addFirst(interest);
            }
        }
    }

    private Interest dequeue() {
        synchronized (ready) {
            var interest = ready.first;
            if (interest != null) {
                ready.remove(interest);
            }
            return interest;
        }
    }

    private boolean hasQueued() {
        synchronized (ready) {
            return ready.size > 0;
        }
    }

    /** Whether {@code target} is watched by this instance, directly or through others. The graph's lock is held. */
    private boolean reaches(EpollFile target, int depth) {
        if (this == target) {
            return true;
        }
        if (depth > EpollGraph.MAXIMUM_DEPTH) {
            return false;
        }
        for (var inner : watchedInstances()) {
            if (inner.reaches(target, depth + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Longest chain of instances that begins with this one. The graph's lock is held. */
    private int depth() {
        int deepest = 0;
        for (var inner : watchedInstances()) {
            deepest = Math.max(deepest, inner.depth());
        }
        return deepest + 1;
    }

    private List<EpollFile> watchedInstances() {
        synchronized (interestLock) {
            List<EpollFile> found = new ArrayList<>();
            for (var key : interests.keySet()) {
                if (key.file instanceof EpollFile inner) {
                    found.add(inner);
                }
            }
            return found;
        }
    }
}
