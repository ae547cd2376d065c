package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.SyscallTracer;
import dev.picket.sentry.kernel.SystemCalls;
import dev.picket.sentry.kernel.Task;

/**
 * Hands the system calls of one task to their handlers. It is the one place that catches {@link ErrnoException}; any other
 * exception is a bug of the Sentry and ends the sandbox. Nothing is allocated here.
 */
public final class Dispatcher implements SystemCalls.ForTask {
    private final SyscallTable table;
    private final Task task;
    private final SyscallArguments arguments;

    private Dispatcher(SyscallTable table, Task task) {
        this.table = table;
        this.task = task;
        this.arguments = new SyscallArguments(task.context());
    }

    /** Dispatchers that use {@code table}, for {@link dev.picket.sentry.kernel.Kernel}. */
    public static SystemCalls using(SyscallTable table) {
        return task -> new Dispatcher(table, task);
    }

    @Override
    public long call(int number) {
        SyscallTracer tracer = task.kernel().tracer();
        if (tracer != null) {
            tracer.enter(task, number);
        }

        long result = handle(number);

        if (tracer != null) {
            tracer.exit(task, number, result);
        }
        return result;
    }

    private long handle(int number) {
        SyscallHandler handler = table.handler(number);
        if (handler == null) {
            task.kernel().countRefused(number);
            return -Errno.ENOSYS;
        }
        try {
            return handler.call(task, arguments);
        } catch (InterruptedCallException e) {
            return task.interruptedCall(e);
        } catch (ErrnoException e) {
            return -e.errno();
        }
    }
}
