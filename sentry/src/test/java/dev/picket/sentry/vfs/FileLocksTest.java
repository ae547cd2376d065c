package dev.picket.sentry.vfs;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FileLocksTest {
    private final FileLocks locks = new FileLocks(new LockBudget());
    private final Object one = new Object();
    private final Object other = new Object();

    private static FileLocks.Range range(Object owner, boolean exclusive, long start, long last) {
        return new FileLocks.Range(owner, 1, exclusive, start, last);
    }

    @Test
    void shared_locks_share_and_exclusive_ones_do_not() throws Exception {
        assertTrue(locks.lock(range(one, false, 0, 9)));
        assertTrue(locks.lock(range(other, false, 5, 15)));
        assertFalse(locks.lock(range(other, true, 5, 15)));
        assertTrue(locks.lock(range(other, true, 10, 15)));
        assertEquals(one, locks.conflict(range(other, true, 9, 9)).owner());
        assertNull(locks.conflict(range(other, true, 10, 20)));
    }

    @Test
    void unlocking_the_middle_leaves_both_ends() throws Exception {
        locks.lock(range(one, true, 0, 99));
        locks.unlock(one, 40, 59);
        assertTrue(locks.lock(range(other, true, 40, 59)));
        assertFalse(locks.lock(range(other, true, 39, 39)));
        assertFalse(locks.lock(range(other, true, 60, 60)));
    }

    @Test
    void neighbours_become_one() throws Exception {
        for (int i = 0; i < 100; i++) {
            locks.lock(range(one, true, i, i));
        }
        assertEquals(1, locks.ranges().size());
        locks.lock(range(one, false, 50, 50));
        assertEquals(3, locks.ranges().size());
    }

    @Test
    void locks_are_bounded() throws Exception {
        for (int i = 0; i < 16_384 - 1; i++) {
            locks.lock(range(one, true, i * 2, i * 2));
        }
        assertErrno(Errno.ENOLCK, () -> locks.lock(range(one, true, 1 << 20, 1 << 20)));
        locks.closed(one);
        assertEquals(0, locks.ranges().size());
    }

    @Test
    void release_wakes_those_who_wait() throws Exception {
        int[] woken = new int[1];
        locks.lock(range(one, true, 0, 9));
        locks.queue().add(events -> woken[0]++, FileLocks.RELEASED);
        locks.unlock(one, 20, 30);
        assertEquals(0, woken[0]);
        locks.unlock(one, 0, 0);
        assertEquals(1, woken[0]);
        locks.closed(one);
        assertEquals(2, woken[0]);
    }

    @Test
    void a_lock_is_what_a_byte_array_says() throws Exception {
        // Against a model: for each byte who holds it and how; random locks and unlocks of two owners.
        var random = new Random(7);
        int[][] held = new int[2][64]; // 0 nothing, 1 shared, 2 exclusive
        Object[] owners = {one, other};
        for (int step = 0; step < 20_000; step++) {
            int owner = random.nextInt(2);
            int start = random.nextInt(64);
            int last = start + random.nextInt(64 - start);
            int kind = random.nextInt(3);
            boolean possible = true;
            for (int at = start; at <= last && kind > 0; at++) {
                int theirs = held[1 - owner][at];
                possible &= theirs == 0 || theirs == 1 && kind == 1;
            }
            if (kind == 0) {
                locks.unlock(owners[owner], start, last);
            } else {
                assertEquals(possible, locks.lock(range(owners[owner], kind == 2, start, last)));
            }
            if (possible) {
                Arrays.fill(held[owner], start, last + 1, kind);
            }
        }
        int[][] found = new int[2][64];
        for (var range : locks.ranges()) {
            for (long at = range.start(); at <= range.last(); at++) {
                found[range.owner() == one ? 0 : 1][(int) at] = range.exclusive() ? 2 : 1;
            }
        }
        assertArrayEquals(held, found);
    }

    @Test
    void ranges_are_counted_as_lockf_and_fcntl_do() throws Exception {
        assertArrayEquals(new long[] {10, Long.MAX_VALUE}, FileLocks.bytes(10, 0, 0));
        assertArrayEquals(new long[] {10, 14}, FileLocks.bytes(0, 10, 5));
        assertArrayEquals(new long[] {5, 9}, FileLocks.bytes(10, 0, -5));
        assertErrno(Errno.EINVAL, () -> FileLocks.bytes(0, -1, 0));
        assertErrno(Errno.EINVAL, () -> FileLocks.bytes(0, 3, -4));
        assertErrno(Errno.EOVERFLOW, () -> FileLocks.bytes(1, Long.MAX_VALUE, 0));
        assertErrno(Errno.EOVERFLOW, () -> FileLocks.bytes(Long.MAX_VALUE, 0, 2));
        assertArrayEquals(new long[] {Long.MAX_VALUE, Long.MAX_VALUE}, FileLocks.bytes(Long.MAX_VALUE, 0, 1));
    }

    @Test
    void closing_releases_posix_locks_by_table_and_whole_locks_with_the_last_descriptor() throws Exception {
        try (var files = TestFiles.inMemory()) {
            files.write("/f", "x");
            OpenFile first = files.open("/f", O_RDWR);
            OpenFile second = files.open("/f", O_RDWR);
            FileLocks shared = first.inode().locks();
            Object table = new Object();
            assertTrue(shared.lock(range(table, true, 0, 9)));
            second.closedIn(table); // any descriptor of the file, as fcntl(2) warns
            assertNull(shared.conflict(range(other, true, 0, 9)));

            assertTrue(shared.lockWhole(first, true));
            assertFalse(shared.lockWhole(second, false));
            first.retain();
            first.release();
            assertFalse(shared.lockWhole(second, false));
            first.release();
            assertTrue(shared.lockWhole(second, false));
        }
    }
}
