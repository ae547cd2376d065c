package dev.picket.sentry.kernel.futex;

import static dev.picket.platform.linux.FutexOperations.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FakePlatform;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.MapRequest;
import dev.picket.sentry.memory.MemoryManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FutexTableTest {
    private static final int ANY = FUTEX_BITSET_MATCH_ANY;

    private final FakePlatform platform = new FakePlatform();
    private final FutexTable table = new FutexTable();
    private final List<Integer> woken = new ArrayList<>();
    private MemoryManager memory;
    private long word;
    private long other;

    @BeforeEach
    void map() throws ErrnoException {
        memory = new MemoryManager(platform, new FrameAllocator(platform.memory()));
        word = memory.map(MapRequest.anonymous(4096, Mman.PROT_READ | Mman.PROT_WRITE));
        other = word + 64;
    }

    @AfterEach
    void close() {
        memory.release();
        platform.close();
    }

    private FutexWaiter waiter(int id, int bits) {
        return new FutexWaiter(bits, id, () -> woken.add(id));
    }

    /** Takes the lock for a thread, or waits for it. */
    private boolean take(int id, boolean wait) throws ErrnoException {
        var waiter = table.priority().waiter(memory, word, false, ANY, id, () -> woken.add(id));
        return table.priority().lock(waiter, wait, threadId -> true);
    }

    private FutexWaiter enqueue(int id, int bits) throws ErrnoException {
        var waiter = waiter(id, bits);
        table.enqueue(memory, word, false, 0, waiter);
        return waiter;
    }

    @Test
    void a_changed_word_is_not_waited_for() throws ErrnoException {
        memory.putInt(word, 5);

        var failure = assertThrows(ErrnoException.class, () -> enqueue(1, ANY));

        assertEquals(Errno.EAGAIN, failure.errno());
        assertEquals(0, table.waiterCount());
    }

    @Test
    void waiters_are_woken_in_order_and_by_their_bits() throws ErrnoException {
        enqueue(1, 1);
        enqueue(2, 2);
        enqueue(3, 3);

        assertEquals(1, table.wake(memory.futexKey(word, false), 1, 2));
        assertEquals(2, table.wake(memory.futexKey(word, false), 10, ANY));
        assertEquals(List.of(2, 1, 3), woken);
    }

    @Test
    void one_who_leaves_is_not_woken() throws ErrnoException {
        var first = enqueue(1, ANY);
        enqueue(2, ANY);

        assertTrue(table.dequeue(first));
        assertEquals(1, table.wake(memory.futexKey(word, false), 1, ANY));
        assertEquals(List.of(2), woken);
        assertFalse(table.dequeue(first));
    }

    @Test
    void waiters_move_to_another_word() throws ErrnoException {
        for (int id = 1; id <= 4; id++) {
            enqueue(id, ANY);
        }
        var from = memory.futexKey(word, false);
        var to = memory.futexKey(other, false);

        assertEquals(3, table.requeue(memory, word, 0, from, to, 1, 2, true));
        assertEquals(List.of(1), woken);
        assertEquals(2, table.wake(to, 10, ANY));
        assertEquals(List.of(1, 2, 3), woken);
        assertEquals(1, table.wake(from, 10, ANY));
    }

    @Test
    void a_lock_is_handed_over_to_the_first_waiter() throws ErrnoException {
        assertTrue(take(10, false));
        assertFalse(take(11, true));
        assertFalse(take(12, true));
        assertEquals(10 | FUTEX_WAITERS, memory.getInt(word));

        table.priority().unlock(memory, word, false, 10);
        assertEquals(11 | FUTEX_WAITERS, memory.getInt(word));
        table.priority().unlock(memory, word, false, 11);
        assertEquals(12, memory.getInt(word));
        table.priority().unlock(memory, word, false, 12);
        assertEquals(0, memory.getInt(word));
        assertEquals(List.of(11, 12), woken);
    }

    @Test
    void a_lock_is_not_taken_twice_nor_freed_by_a_stranger() throws ErrnoException {
        take(10, false);

        assertEquals(
                Errno.EDEADLK,
                assertThrows(ErrnoException.class, () -> take(10, false)).errno());
        assertEquals(
                Errno.EPERM,
                assertThrows(ErrnoException.class, () -> table.priority().unlock(memory, word, false, 11))
                        .errno());
    }

    @Test
    void the_end_of_an_owner_marks_the_lock_and_wakes_a_waiter() throws ErrnoException {
        memory.putInt(word, 7 | FUTEX_WAITERS);
        table.enqueue(memory, word, false, 7 | FUTEX_WAITERS, waiter(1, ANY));

        table.ownerDied(memory, word, 7, false);

        assertEquals(FUTEX_OWNER_DIED | FUTEX_WAITERS, memory.getInt(word));
        assertEquals(List.of(1), woken);
    }

    @Test
    void the_end_of_somebody_else_leaves_the_lock_alone() throws ErrnoException {
        memory.putInt(word, 7);

        table.ownerDied(memory, word, 8, false);

        assertEquals(7, memory.getInt(word));
    }
}
