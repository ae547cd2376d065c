package dev.picket.sentry.kernel.ipc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.platform.linux.Sem;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SemaphoreSetsTest {
    private static final long HEAP_BYTES = 1 << 20;
    private static final int PROCESS = 7;

    private final Credentials root = Credentials.initial(0, 0, new int[0], Credentials.DOCKER_DEFAULT);
    private final IpcLimits limits = new IpcLimits(HEAP_BYTES);
    private final SemaphoreSets sets = new SemaphoreSets(limits);

    private static SemaphoreOperations operation(int number, int change, int flags) {
        byte[] bytes = new byte[Sem.SEMBUF_SIZE];
        Bytes.putShort(bytes, Sem.SEMBUF_NUM, number);
        Bytes.putShort(bytes, Sem.SEMBUF_OP, change);
        Bytes.putShort(bytes, Sem.SEMBUF_FLG, flags);
        return new SemaphoreOperations(bytes, PROCESS);
    }

    private SemaphoreSet newSet(int count) throws ErrnoException {
        return sets.find(sets.get(root, Ipc.IPC_PRIVATE, count, 0600));
    }

    private static void assertErrno(int errno, Executable call) {
        assertEquals(errno, assertThrows(ErrnoException.class, call).errno());
    }

    @Test
    void the_id_of_a_removed_set_is_not_that_of_another_for_long() throws ErrnoException {
        int first = sets.get(root, Ipc.IPC_PRIVATE, 1, 0600);
        sets.remove(root, first);
        for (int i = 0; i < 1000; i++) {
            int id = sets.get(root, Ipc.IPC_PRIVATE, 1, 0600);
            assertNotEquals(first, id);
            sets.remove(root, id);
        }
        assertErrno(Errno.EINVAL, () -> sets.find(first));
        assertEquals(0, sets.count());
        assertEquals(0, sets.semaphores());
    }

    @Test
    void sets_end_with_the_heap_that_they_may_take_and_give_it_back() throws ErrnoException {
        int large = 30_000; // 240 kB each
        int[] ids = new int[4];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = sets.get(root, Ipc.IPC_PRIVATE, large, 0600);
        }
        assertErrno(Errno.ENOMEM, () -> sets.get(root, Ipc.IPC_PRIVATE, large, 0600));
        sets.remove(root, ids[0]);
        sets.get(root, Ipc.IPC_PRIVATE, large, 0600);
    }

    @Test
    void who_waits_goes_on_in_the_order_of_coming() throws ErrnoException {
        var set = newSet(1);
        var first = operation(0, -2, 0);
        var second = operation(0, -1, 0);
        set.perform(first);
        set.perform(second);
        set.perform(operation(0, 1, 0));
        assertFalse(first.isDone()); // one is not enough for the first, but for the second
        assertTrue(second.isDone());
        set.perform(operation(0, 2, 0));
        assertTrue(first.isDone());
        assertEquals(0, set.value(0));
        assertFalse(set.withdraw(first));
    }

    @Test
    void the_last_user_of_an_undo_list_undoes() throws ErrnoException {
        var set = newSet(2);
        var undo = new UndoList(limits);
        var operations = operation(1, 3, Sem.SEM_UNDO);
        undo.prepare(set, operations);
        set.perform(operations);
        undo.retain();
        undo.release(PROCESS);
        assertEquals(3, set.value(1));
        undo.release(PROCESS);
        assertEquals(0, set.value(1));
    }

    @Test
    void removal_wakes_with_eidrm() throws ErrnoException {
        var set = newSet(1);
        var waiting = operation(0, -1, 0);
        set.perform(waiting);
        sets.remove(root, set.id());
        assertTrue(waiting.isDone());
        assertErrno(Errno.EIDRM, waiting::check);
        assertErrno(Errno.EIDRM, () -> set.perform(operation(0, 1, 0)));
    }
}
