package dev.picket.sentry.kernel;

/** The system calls, as tasks see them: {@code sentry.syscall} implements them above this package. */
@FunctionalInterface
public interface SystemCalls {
    /** Makes what carries out the calls of one task. */
    ForTask forTask(Task task);

    /** Carries out the calls of one task. */
    @FunctionalInterface
    interface ForTask {
        /**
         * Carries out call {@code number}; the arguments are in the task's guest context.
         *
         * @return what the guest gets in rax: a result, or a negated errno
         */
        long call(int number);
    }
}
