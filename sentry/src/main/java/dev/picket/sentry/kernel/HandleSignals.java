package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Signal.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.kernel.signal.SignalAction;
import dev.picket.sentry.kernel.signal.SignalFrame;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.kernel.signal.SignalStack;

/**
 * What a task does before it goes back to its program: end if it is to, stand still, handle pending signals, and restart an
 * interrupted call or let it fail with EINTR. The one place that knows what becomes of interrupted calls.
 */
final class HandleSignals implements RunState {
    static final HandleSignals INSTANCE = new HandleSignals();

    private static final int RESTART_SYSCALL = 219;

    /** Length of the {@code syscall} instruction, 0F 05. */
    private static final int SYSCALL_BYTES = 2;

    private HandleSignals() {}

    @Override
    public RunState step(Task task) {
        var signals = task.signals();
        var group = task.group().signals();
        var tracing = task.tracing();
        if (tracing.takeExitStop()) {
            TracedCall.exitStop(task);
        }
        while (true) {
            ParentNotice.send(task.group());

            SignalInfo info;
            boolean stand = false;
            boolean trap = false;
            int resumes;
            synchronized (group) {
                if (group.isDoomed(task)) {
                    return new Exit(group.exitStatusOr(0));
                }
                resumes = group.resumeCount();
                info = null;
                if (tracing.isTrapDue()) {
                    trap = true;
                } else if (signals.isStopRequested()) {
                    signals.becomeStopped();
                    group.taskStopped();
                    stand = true;
                } else {
                    info = signals.takeDeliverable();
                    if (info == null) {
                        signals.clearAttention();
                    }
                }
            }
            if (trap) {
                tracing.trap();
                tracing.settleInterruption();
            } else if (stand) {
                standStill(task);
            } else if (info != null) {
                handle(task, info, resumes);
            } else {
                break;
            }
        }

        if (task.kernel().isFrozen()) {
            freeze(task);
        }
        settleCall(task, null);
        signals.restoreMask();
        return RunGuest.INSTANCE;
    }

    private static void standStill(Task task) {
        ParentNotice.send(task.group());
        while (true) {
            task.prepareToSleep();
            if (!task.signals().isStopped() || task.group().signals().isDoomed(task)) {
                return;
            }
            synchronized (task.group().signals()) {
                if (task.tracing().isTrapDue()) {
                    return; // a tracer takes over
                }
            }
            task.sleep();
        }
    }

    private static void freeze(Task task) {
        while (true) {
            task.prepareToSleep();
            if (!task.kernel().isFrozen() || task.group().signals().isDoomed(task)) {
                return;
            }
            task.sleep();
        }
    }

    private static void handle(Task task, SignalInfo dequeued, int resumes) {
        var group = task.group().signals();
        var info = dequeued;
        if (task.tracing().isTraced() && info.signal() != SIGKILL) {
            info = task.tracing().signalStop(info);
            task.tracing().settleInterruption();
            if (info == null) {
                return;
            }
            if (SignalSet.contains(task.signals().mask(), info.signal())) {
                task.send(info); // another one than was shown, and it is blocked: it waits
                return;
            }
        }
        int signal = info.signal();
        var action = group.actions().get(signal);
        if (action.isIgnored()) {
            return;
        }
        if (action.isDefault()) {
            handleByDefault(task, signal, resumes);
            return;
        }
        if (action.has(SA_RESETHAND)) {
            group.actions().set(signal, new SignalAction(SIG_DFL, action.flags(), action.restorer(), action.mask()));
        }
        settleCall(task, action);
        runHandler(task, info, action);
    }

    private static void handleByDefault(Task task, int signal, int resumes) {
        var group = task.group().signals();
        if (SignalSet.contains(SignalSet.IGNORED, signal)) {
            return;
        }
        boolean unkillable;
        synchronized (group) {
            unkillable = group.isUnkillable();
        }
        if (unkillable && signal != SIGKILL && signal != SIGSTOP) {
            return;
        }
        if (!SignalSet.contains(SignalSet.STOP, signal)) {
            group.beginExit(signal);
            return;
        }
        if (signal != SIGSTOP && task.processGroup().isOrphaned()) {
            return; // nobody could continue it: see "orphaned process groups" in setpgid(2)
        }
        synchronized (group) {
            if (group.resumeCount() == resumes) { // else SIGCONT came meanwhile and took this back
                group.beginStop(task, signal);
            }
        }
    }

    private static void runHandler(Task task, SignalInfo info, SignalAction action) {
        var signals = task.signals();
        boolean stepping = task.tracing().isStepping();
        task.tracing().liftTrapFlag();
        long oldMask = signals.takeMaskForFrame();
        var stack = signals.stack();

        boolean pushed = SignalFrame.push(task.context(), task.memory(), action, info, oldMask, stack, signals.fault());
        if (!pushed) {
            if (info.signal() == SIGSEGV) {
                task.group().signals().actions().set(SIGSEGV, SignalAction.DEFAULT);
            }
            signals.setMask(oldMask);
            signals.force(SignalInfo.ofKernel(SIGSEGV));
            return;
        }
        if ((stack.flags() & SS_AUTODISARM) != 0) {
            signals.setStack(SignalStack.NONE);
        }
        long blocked = action.mask() | (action.has(SA_NODEFER) ? 0 : SignalSet.of(info.signal()));
        signals.setMask(signals.mask() | blocked);
        if (stepping) {
            task.tracing().stepStop();
            task.tracing().settleInterruption();
        }
    }

    /** Turns the interruption of a call, if there was one, into a restart or EINTR; {@code handler}: what runs next, or null. */
    private static void settleCall(Task task, SignalAction handler) {
        var interruption = task.signals().interruption();
        if (interruption == null) {
            return;
        }
        int number = task.signals().interruptedNumber();
        task.signals().clearInterruption();
        boolean restarts = handler == null
                || switch (interruption.restart()) {
                    case SYS -> handler.has(SA_RESTART);
                    case NOINTR -> true;
                    case NOHAND, BLOCK -> false;
                };
        var context = task.context();
        if (!restarts) {
            context.setSyscallResult(-Errno.EINTR);
            return;
        }
        boolean byBlock = interruption.restart() == dev.picket.sentry.errno.InterruptedCallException.Restart.BLOCK;
        var registers = context.registers();
        registers.rip(registers.rip() - SYSCALL_BYTES);
        registers.rax(byBlock ? RESTART_SYSCALL : number);
    }
}
