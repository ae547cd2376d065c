package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Membarrier.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import java.util.ArrayList;
import java.util.List;

/** membarrier(2). A task that runs guest code is stopped for a moment, which is a full barrier; the others had theirs. */
final class Barriers {
    private static final int KNOWN = MEMBARRIER_CMD_GLOBAL
            | MEMBARRIER_CMD_GLOBAL_EXPEDITED
            | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
            | MEMBARRIER_CMD_PRIVATE_EXPEDITED
            | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
            | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
            | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;

    private Barriers() {}

    /** membarrier(2). */
    static long membarrier(Task task, SyscallArguments args) throws ErrnoException {
        int command = args.asInt(0);
        if (args.asInt(1) != 0) { // the only flag belongs to barriers for restartable sequences
            throw ErrnoException.of(Errno.EINVAL);
        }

        switch (command) {
            case MEMBARRIER_CMD_QUERY -> {
                return KNOWN;
            }
            case MEMBARRIER_CMD_GLOBAL, MEMBARRIER_CMD_GLOBAL_EXPEDITED -> {
                var all = new ArrayList<Task>();
                task.kernel().processes().all().forEach(process -> all.addAll(process.tasks()));
                stopEach(task, all);
            }
            case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED -> {} // every process gets these barriers
            case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
                    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE -> task.group()
                    .registerBarriers(command);
            case MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE -> {
                if (!task.group().hasRegisteredBarriers(command << 1)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                stopEach(task, task.group().tasks());
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    private static void stopEach(Task task, List<Task> tasks) {
        long[] stops = new long[tasks.size()];
        for (int index = 0; index < stops.length; index++) {
            stops[index] = tasks.get(index).signals().beginBarrier();
        }
        for (int index = 0; index < stops.length; index++) {
            if (tasks.get(index) != task) {
                tasks.get(index).signals().awaitBarrier(stops[index]);
            }
        }
    }
}
