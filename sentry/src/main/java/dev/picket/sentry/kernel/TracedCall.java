package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.kernel.signal.SignalInfo;

/** A system call of a task that a tracer watches or that has filters: what happens around the call. */
final class TracedCall {
    private TracedCall() {}

    /** Makes the call that the task has stopped for; answers the next run state, or null for the program. */
    static RunState run(Task task) {
        var tracing = task.tracing();
        var context = task.context();
        int number = (int) context.syscallNumber();
        tracing.beginCall(number);
        context.registers().rax(Tracing.PENDING_RESULT);

        boolean skip = false;
        if (tracing.watchesCalls() && tracing.mode() != Tracing.Mode.STEP) {
            boolean emulates = tracing.mode() != Tracing.Mode.CALLS;
            tracing.callStop(true);
            skip = emulates || task.group().signals().isDoomed(task);
        }
        if (!skip && tracing.callNumber() != -1 && task.filters().mode() != Seccomp.SECCOMP_MODE_DISABLED) {
            skip = !FilteredCall.permits(task);
            RunState next = task.takeNext();
            if (next != null) {
                return next; // the call has ended the task
            }
        }
        number = tracing.callNumber();
        if (!skip && number != -1) {
            long result = task.call(number);
            task.releaseHeldFiles();
            RunState next = task.takeNext();
            if (next != null) {
                if (!(next instanceof Exit)) {
                    tracing.owesExitStop();
                }
                return next;
            }
            context.registers().rax(result);
        }
        exitStop(task);
        return task.signals().interruption() != null ? HandleSignals.INSTANCE : null;
    }

    /** The stop after a call, if the tracer wants one. */
    static void exitStop(Task task) {
        var tracing = task.tracing();
        if (tracing.watchesCalls()) {
            switch (tracing.mode()) {
                case CALLS -> tracing.callStop(false);
                case STEP -> {
                    tracing.liftTrapFlag();
                    task.signals()
                            .force(SignalInfo.ofFault(
                                    Signal.SIGTRAP,
                                    SignalCode.TRAP_BRKPT,
                                    task.context().registers().rip()));
                }
                default -> {}
            }
        }
        tracing.settleInterruption();
    }
}
