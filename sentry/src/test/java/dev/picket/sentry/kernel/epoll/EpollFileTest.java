package dev.picket.sentry.kernel.epoll;

import static dev.picket.platform.linux.Epoll.*;
import static dev.picket.platform.linux.Poll.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.AnonymousFiles;
import dev.picket.sentry.kernel.event.EventCounter;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EpollFileTest {
    private final AnonymousFiles files = new AnonymousFiles();
    private final Credentials owner = Credentials.initial(0, 0, new int[0], 0);
    private final EpollFile epoll = newEpoll();

    private Inode inode() {
        return files.inode(owner, "[test]");
    }

    private EpollFile newEpoll() {
        return new EpollFile(inode(), files.epollGraph());
    }

    private EventCounter newCounter(int initial) {
        return new EventCounter(inode(), Fcntl.O_RDWR, initial, false);
    }

    private static void add(OpenFile counter) throws ErrnoException {
        assertEquals(8, counter.write(new ArrayBuffer(new byte[] {1, 0, 0, 0, 0, 0, 0, 0})));
    }

    private static void take(OpenFile counter) throws ErrnoException {
        assertEquals(8, counter.read(new ArrayBuffer(new byte[8])));
    }

    /** The data of the events reported, in order. */
    private static List<Long> collect(EpollFile epoll, int maximum) throws ErrnoException {
        List<Long> found = new ArrayList<>();
        epoll.collect(maximum, (events, data) -> found.add(data));
        return found;
    }

    private static int errno(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(ErrnoException.class, call).errno();
    }

    @Test
    void level_triggered_reports_as_long_as_it_is_so() throws ErrnoException {
        var counter = newCounter(0);
        epoll.add(counter, 3, POLLIN, 7);
        assertEquals(List.of(), collect(epoll, 10));
        add(counter);
        assertEquals(List.of(7L), collect(epoll, 10));
        assertEquals(List.of(7L), collect(epoll, 10));
        take(counter);
        assertEquals(List.of(), collect(epoll, 10));
    }

    @Test
    void edge_triggered_reports_each_change_once() throws ErrnoException {
        var counter = newCounter(1);
        epoll.add(counter, 3, POLLIN | EPOLLET, 7);
        assertEquals(List.of(7L), collect(epoll, 10));
        assertEquals(List.of(), collect(epoll, 10));
        add(counter);
        assertEquals(List.of(7L), collect(epoll, 10));
        assertEquals(List.of(), collect(epoll, 10));
    }

    @Test
    void one_shot_is_silent_until_modified() throws ErrnoException {
        var counter = newCounter(1);
        epoll.add(counter, 3, POLLIN | EPOLLONESHOT, 7);
        assertEquals(List.of(7L), collect(epoll, 10));
        add(counter);
        assertEquals(List.of(), collect(epoll, 10));
        epoll.modify(counter, 3, POLLIN | EPOLLONESHOT, 8);
        assertEquals(List.of(8L), collect(epoll, 10));
    }

    @Test
    void turns_go_round() throws ErrnoException {
        for (int index = 0; index < 3; index++) {
            epoll.add(newCounter(1), index, POLLIN, index);
        }
        assertEquals(List.of(0L, 1L), collect(epoll, 2));
        assertEquals(List.of(2L, 0L), collect(epoll, 2));
    }

    @Test
    void event_that_cannot_be_stored_stays() throws ErrnoException {
        epoll.add(newCounter(1), 3, POLLIN | EPOLLET, 7);
        assertEquals(
                Errno.EFAULT,
                errno(() -> epoll.collect(1, (events, data) -> {
                    throw ErrnoException.of(Errno.EFAULT);
                })));
        assertEquals(List.of(7L), collect(epoll, 1));
    }

    @Test
    void same_file_twice_needs_two_descriptors() throws ErrnoException {
        var counter = newCounter(1);
        epoll.add(counter, 3, POLLIN, 3);
        assertEquals(Errno.EEXIST, errno(() -> epoll.add(counter, 3, POLLIN, 3)));
        epoll.add(counter, 4, POLLIN, 4);
        assertEquals(List.of(3L, 4L), collect(epoll, 10));
        epoll.remove(counter, 3);
        assertEquals(List.of(4L), collect(epoll, 10));
        assertEquals(Errno.ENOENT, errno(() -> epoll.remove(counter, 3)));
        assertEquals(Errno.ENOENT, errno(() -> epoll.modify(counter, 3, POLLIN, 0)));
    }

    @Test
    void closed_file_is_forgotten() throws ErrnoException {
        var counter = newCounter(1);
        epoll.add(counter, 3, POLLIN, 7);
        counter.release();
        assertEquals(List.of(), collect(epoll, 10));
        assertEquals(Errno.ENOENT, errno(() -> epoll.remove(counter, 3)));
        assertEquals(Errno.EBADF, errno(() -> epoll.add(counter, 3, POLLIN, 7)));
    }

    @Test
    void closed_instance_lets_go_of_its_files() throws ErrnoException {
        var counter = newCounter(0);
        epoll.add(counter, 3, POLLIN, 7);
        epoll.release();
        add(counter);
        counter.release();
        assertEquals(List.of(), collect(epoll, 10));
    }

    @Test
    void instances_watch_each_other_but_not_in_a_ring() throws ErrnoException {
        var outer = newEpoll();
        var counter = newCounter(0);
        epoll.add(counter, 3, POLLIN, 7);
        outer.add(epoll, 4, POLLIN, 8);
        assertEquals(List.of(), collect(outer, 10));
        add(counter);
        assertEquals(List.of(8L), collect(outer, 10));
        assertEquals(Errno.ELOOP, errno(() -> epoll.add(outer, 5, POLLIN, 9)));
        assertEquals(Errno.EINVAL, errno(() -> epoll.add(epoll, 5, POLLIN, 9)));
    }

    @Test
    void chains_of_instances_are_bounded() throws ErrnoException {
        var inner = epoll;
        int depth = 1;
        while (depth < EpollGraph.MAXIMUM_DEPTH) {
            var outer = newEpoll();
            outer.add(inner, 3, POLLIN, 0);
            inner = outer;
            depth++;
        }
        var last = inner;
        assertEquals(Errno.ELOOP, errno(() -> newEpoll().add(last, 3, POLLIN, 0)));
    }

    @Test
    void exclusive_takes_few_flags() {
        var counter = newCounter(0);
        assertEquals(Errno.EINVAL, errno(() -> epoll.add(counter, 3, POLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0)));
        assertEquals(Errno.EINVAL, errno(() -> {
            epoll.add(counter, 3, POLLIN | EPOLLEXCLUSIVE, 0);
            epoll.modify(counter, 3, POLLIN, 0);
        }));
    }

    @Test
    void no_wake_up_is_lost_between_threads() throws Exception {
        int count = 20_000;
        var counter = newCounter(0);
        epoll.add(counter, 3, POLLIN | EPOLLET, 7);
        var woken = new Semaphore(0);
        epoll.addWaiter(events -> woken.release(), POLLIN);
        var failure = new AtomicInteger();
        var writer = new Thread(() -> {
            try {
                for (int index = 0; index < count; index++) {
                    add(counter);
                }
            } catch (ErrnoException e) {
                failure.set(e.errno());
            }
        });
        writer.start();

        long seen = 0;
        while (seen < count) {
            assertTrue(woken.tryAcquire(10, TimeUnit.SECONDS), "no wake-up after " + seen + " of " + count);
            if (!collect(epoll, 1).isEmpty()) {
                byte[] value = new byte[8];
                if (counter.read(new ArrayBuffer(value)) == 8) {
                    seen += Bytes.getLong(value, 0);
                }
            }
        }
        writer.join();
        assertEquals(0, failure.get());
        assertEquals(count, seen);
    }
}
