package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.Waiter;

/**
 * Sends the signal that O_ASYNC of open(2) asks for when input or output becomes possible: SIGIO, or that of F_SETSIG, to
 * the file's owner; see fcntl(2). It lasts until O_ASYNC is taken away or the file is closed.
 */
public final class InputSignal implements Waiter, OpenFile.ReleaseListener {
    private static final int ALL = READABLE | WRITABLE | POLLPRI | POLLERR | POLLHUP;

    private final Kernel kernel;
    private final OpenFile file;
    private final int descriptor;

    private InputSignal(Kernel kernel, OpenFile file, int descriptor) {
        this.kernel = kernel;
        this.file = file;
        this.descriptor = descriptor;
    }

    /** Begins or ends to send signals for a file that can be waited for. */
    public static void set(Kernel kernel, OpenFile file, int descriptor, boolean on) {
        synchronized (file) {
            if (file.asynchronousWaiter() instanceof InputSignal old) {
                file.removeReleaseListener(old);
                old.fileReleased(file);
            }
            if (on) {
                var made = new InputSignal(kernel, file, descriptor);
                if (file.addReleaseListener(made)) {
                    file.setAsynchronousWaiter(made);
                    file.addWaiter(made, ALL);
                }
            }
        }
    }

    @Override
    public void fileReleased(OpenFile released) {
        released.setAsynchronousWaiter(null);
        released.removeWaiter(this);
    }

    @Override
    public void wake(int events) {
        var owner = file.signalOwner();
        if (owner.id() == 0) {
            return;
        }
        var info = owner.signal() == 0 ? SignalInfo.ofKernel(Signal.SIGIO) : described(owner.signal(), events);
        send(kernel, owner, info);
    }

    /** Sends a signal to whoever owns a file, if he who named the owner could have sent it one. */
    static void send(Kernel kernel, OpenFile.SignalOwner owner, SignalInfo info) {
        switch (owner.type()) {
            case Fcntl.F_OWNER_TID -> {
                var task = kernel.processes().task(owner.id());
                if (task != null && maySignal(owner, task)) {
                    task.send(info);
                }
            }
            case Fcntl.F_OWNER_PID -> send(owner, kernel.processes().process(owner.id()), info);
            default -> {
                var group = kernel.processes().processGroup(owner.id());
                if (group != null) {
                    group.members().forEach(member -> send(owner, member, info));
                }
            }
        }
    }

    private static void send(OpenFile.SignalOwner owner, ThreadGroup process, SignalInfo info) {
        if (process != null && !process.hasEnded() && maySignal(owner, process.leader())) {
            process.signals().send(info);
        }
    }

    /** Whether he who named the owner could have sent it a signal; as Linux's {@code sigio_perm}. */
    private static boolean maySignal(OpenFile.SignalOwner owner, Task target) {
        var credentials = target.credentials();
        return owner.effectiveUser() == 0
                || owner.effectiveUser() == credentials.savedUser()
                || owner.effectiveUser() == credentials.realUser()
                || owner.user() == credentials.savedUser()
                || owner.user() == credentials.realUser();
    }

    private SignalInfo described(int signal, int events) {
        int code;
        int band;
        if ((events & POLLIN) != 0) {
            code = SignalCode.POLL_IN;
            band = READABLE;
        } else if ((events & POLLOUT) != 0) {
            code = SignalCode.POLL_OUT;
            band = WRITABLE | POLLWRBAND;
        } else if ((events & POLLERR) != 0) {
            code = SignalCode.POLL_ERR;
            band = POLLERR;
        } else if ((events & POLLHUP) != 0) {
            code = SignalCode.POLL_HUP;
            band = POLLHUP | POLLERR;
        } else {
            code = SignalCode.POLL_PRI;
            band = POLLPRI | POLLRDBAND;
        }
        return SignalInfo.ofInput(signal, code, band, descriptor);
    }
}
