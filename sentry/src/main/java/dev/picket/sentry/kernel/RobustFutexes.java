package dev.picket.sentry.kernel;

import dev.picket.platform.linux.FutexOperations;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;

/**
 * What the end of a task does to futexes: the locks on its robust list are marked and handed on, see
 * set_robust_list(2); the word of set_tid_address(2) is cleared.
 */
final class RobustFutexes {
    private static final int OFFSET = 8;
    private static final int PENDING = 16;

    private RobustFutexes() {}

    /** Called in the task's own thread while it still has its memory; errors in the guest's list end the walk, as in Linux. */
    static void ownerEnds(Task task) {
        var memory = task.memory();
        var words = task.words();
        long head = words.robustList();
        if (head != 0) {
            words.setRobustList(0);
            try {
                walk(task, memory, head);
            } catch (ErrnoException e) {
                // exit_robust_list() of Linux gives up in silence too: the list is the program's own.
                words.setRobustList(0);
            }
        }
        task.kernel().futexes().priority().ownerEnds(task.id());
        long word = words.clearChildId();
        if (word != 0) {
            words.setClearChildId(0);
            try {
                memory.putInt(word, 0);
                for (int kind = 0; kind < 2; kind++) {
                    task.kernel().futexes().wake(memory.futexKey(word, kind == 1), 1, -1);
                }
            } catch (ErrnoException e) {
                // mm_release() of Linux ignores a bad address.
                words.setClearChildId(0);
            }
        }
    }

    private static void walk(Task task, MemoryManager memory, long head) throws ErrnoException {
        long entry = memory.getLong(head);
        long offset = memory.getLong(head + OFFSET);
        long pending = memory.getLong(head + PENDING);

        for (int count = 0; (entry & ~1L) != head && count < FutexOperations.ROBUST_LIST_LIMIT; count++) {
            // The next entry is read before this one: the lock's new owner may free it at once.
            long next = memory.getLong(entry & ~1L);
            if (entry != pending) {
                die(task, memory, entry, offset);
            }
            entry = next;
        }
        if ((pending & ~1L) != 0) {
            die(task, memory, pending, offset);
        }
    }

    private static void die(Task task, MemoryManager memory, long entry, long offset) throws ErrnoException {
        long address = (entry & ~1L) + offset;
        if ((address & 3) == 0) {
            task.kernel().futexes().ownerDied(memory, address, task.id(), (entry & 1) != 0);
        }
    }
}
