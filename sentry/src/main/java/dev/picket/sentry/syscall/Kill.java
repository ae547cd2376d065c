package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.ProcessFile;
import dev.picket.sentry.kernel.ProcessInode;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.vfs.OpenFile;
import java.util.List;

/** Sending signals: kill(2), tgkill(2), sigqueue(3), pidfd_send_signal(2). */
final class Kill {
    private Kill() {}

    /** kill(2). */
    static long kill(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int signal = args.asInt(1);
        check(signal);
        if (id == Integer.MIN_VALUE) {
            throw ErrnoException.of(Errno.ESRCH);
        }

        var info = info(task, signal, SignalCode.SI_USER);
        if (id > 0) {
            // The id of any thread does, and means its process.
            var target = task.kernel().processes().task(id);
            if (target == null) {
                throw ErrnoException.of(Errno.ESRCH);
            }
            return send(task, target.group(), signal, info);
        }
        if (id == -1) {
            return sendToAll(task, signal, info);
        }
        var group = id == 0 ? task.processGroup() : task.kernel().processes().processGroup(-id);
        if (group == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return sendToSome(task, group.members(), signal, info);
    }

    private static long sendToAll(Task task, int signal, SignalInfo info) throws ErrnoException {
        var init = task.kernel().init();
        var targets = task.kernel().processes().all().stream()
                .filter(process -> process != init && process != task.group())
                .toList();
        return sendToSome(task, targets, signal, info);
    }

    /** Succeeds if one of them could be sent the signal. */
    private static long sendToSome(Task task, List<ThreadGroup> targets, int signal, SignalInfo info)
            throws ErrnoException {
        ErrnoException failure = ErrnoException.of(Errno.ESRCH);
        boolean sent = false;
        for (var target : targets) {
            try {
                send(task, target, signal, info);
                sent = true;
            } catch (ErrnoException e) {
                failure = e;
            }
        }
        if (!sent) {
            throw failure;
        }
        return 0;
    }

    private static long send(Task task, ThreadGroup target, int signal, SignalInfo info) throws ErrnoException {
        checkPermission(task, target, signal);
        if (info != null && !target.signals().send(info)) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return 0;
    }

    /** tkill(2). */
    static long tkill(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int signal = args.asInt(1);
        if (id <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return sendToTask(task, -1, id, signal, null);
    }

    /** tgkill(2). */
    static long tgkill(Task task, SyscallArguments args) throws ErrnoException {
        int process = args.asInt(0);
        int id = args.asInt(1);
        int signal = args.asInt(2);
        if (process <= 0 || id <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return sendToTask(task, process, id, signal, null);
    }

    /** rt_sigqueueinfo(2). */
    static long rtSigqueueinfo(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int signal = args.asInt(1);
        check(signal);
        var info = SignalCalls.readInfo(
                task, signal, args.asAddress(2), id == task.group().id());
        var target = id <= 0 ? null : task.kernel().processes().task(id);
        if (target == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return send(task, target.group(), signal, signal == 0 ? null : info);
    }

    /** rt_tgsigqueueinfo(2). */
    static long rtTgsigqueueinfo(Task task, SyscallArguments args) throws ErrnoException {
        int process = args.asInt(0);
        int id = args.asInt(1);
        int signal = args.asInt(2);
        if (process <= 0 || id <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        check(signal);
        var info = SignalCalls.readInfo(task, signal, args.asAddress(3), id == task.id());
        return sendToTask(task, process, id, signal, info);
    }

    private static long sendToTask(Task task, int process, int id, int signal, SignalInfo given) throws ErrnoException {
        check(signal);
        var target = task.kernel().processes().task(id);
        if (target == null || process > 0 && target.group().id() != process) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        checkPermission(task, target.group(), signal);
        if (signal == 0) {
            return 0;
        }
        var info = given != null ? given : info(task, signal, SignalCode.SI_TKILL);
        if (!target.signals().send(info)) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return 0;
    }

    /** pidfd_send_signal(2). */
    static long pidfdSendSignal(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int signal = args.asInt(1);
        long infoAddress = args.asAddress(2);
        if (args.asInt(3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var target = target(task.file(descriptor));
        check(signal);
        SignalInfo info = info(task, signal, SignalCode.SI_USER);
        if (infoAddress != 0) {
            info = SignalCalls.readInfo(task, signal, infoAddress, target == task.group());
        }
        if (task.kernel().processes().process(target.id()) != target) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return send(task, target, signal, signal == 0 ? null : info);
    }

    private static ThreadGroup target(OpenFile file) throws ErrnoException {
        if (file instanceof ProcessFile own) {
            return own.process();
        }
        var process = file.inode() instanceof ProcessInode directory ? directory.processOfDirectory() : null;
        if (process == null) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return process;
    }

    private static SignalInfo info(Task task, int signal, int code) {
        return signal == 0
                ? null
                : SignalInfo.ofUser(
                        signal, code, task.group().id(), task.credentials().realUser());
    }

    /** EINVAL unless it is a signal, or 0, which only asks whether one could be sent. */
    private static void check(int signal) throws ErrnoException {
        if (signal != 0 && !SignalSet.isSignal(signal)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** EPERM unless the task may send {@code signal} to the process; see kill(2). */
    private static void checkPermission(Task task, ThreadGroup target, int signal) throws ErrnoException {
        if (target == task.group()) {
            return;
        }
        var own = task.credentials();
        var other = target.leader().credentials();
        boolean same = own.effectiveUser() == other.savedUser()
                || own.effectiveUser() == other.realUser()
                || own.realUser() == other.savedUser()
                || own.realUser() == other.realUser();
        boolean sameSession = signal == Signal.SIGCONT
                && task.session() == target.processGroup().session();
        if (!same && !own.holdsIn(other.userNamespace(), Credentials.CAP_KILL) && !sameSession) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }
}
