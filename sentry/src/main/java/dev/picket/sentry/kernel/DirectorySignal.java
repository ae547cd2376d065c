package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Dnotify.*;
import static dev.picket.platform.linux.Inotify.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Poll;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.vfs.FileWatch;
import dev.picket.sentry.vfs.OpenFile;

/**
 * Sends a signal when something happens to the files of a directory: F_NOTIFY of fcntl(2), which is older than inotify. The
 * signal is SIGIO or that of F_SETSIG. It lasts for one event, unless DN_MULTISHOT was said, or until the file is closed.
 */
public final class DirectorySignal implements FileWatch, OpenFile.ReleaseListener {
    private final Kernel kernel;
    private final OpenFile file;
    private final int descriptor;

    /** DN_ bits that are wanted. */
    private volatile int wanted;

    private DirectorySignal(Kernel kernel, OpenFile file, int descriptor) {
        this.kernel = kernel;
        this.file = file;
        this.descriptor = descriptor;
    }

    /**
     * Asks for more signals for an open directory, or with no events for none any more.
     *
     * @param events DN_ bits
     * @throws ErrnoException ENOTDIR
     */
    public static void set(Kernel kernel, OpenFile file, int descriptor, int events) throws ErrnoException {
        if (file.inode().type() != FileMode.S_IFDIR) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }
        synchronized (file) {
            DirectorySignal known = of(file);
            if ((events & ~DN_MULTISHOT) == 0) {
                if (known != null) {
                    known.end();
                }
            } else if (known != null) {
                known.wanted |= events;
            } else {
                var made = new DirectorySignal(kernel, file, descriptor);
                made.wanted = events;
                if (file.addReleaseListener(made)) {
                    file.inode().addWatch(made);
                }
            }
        }
    }

    private static DirectorySignal of(OpenFile file) {
        for (FileWatch watch : file.inode().watches()) {
            if (watch instanceof DirectorySignal signal && signal.file == file) {
                return signal;
            }
        }
        return null;
    }

    private void end() {
        if (file.inode().removeWatch(this)) {
            file.removeReleaseListener(this);
        }
    }

    @Override
    public void fileReleased(OpenFile released) {
        released.inode().removeWatch(this);
    }

    @Override
    public int wantedEvents() {
        int events = wanted;
        return ((events & DN_ACCESS) != 0 ? IN_ACCESS : 0)
                | ((events & DN_MODIFY) != 0 ? IN_MODIFY : 0)
                | ((events & DN_CREATE) != 0 ? IN_CREATE | IN_MOVED_TO : 0)
                | ((events & DN_DELETE) != 0 ? IN_DELETE | IN_MOVED_FROM : 0)
                | ((events & DN_RENAME) != 0 ? IN_MOVED_FROM : 0)
                | ((events & DN_ATTRIB) != 0 ? IN_ATTRIB : 0);
    }

    @Override
    public void happened(int event, int cookie, String name, boolean unlinked) {
        if (name == null) {
            return; // to the directory itself
        }
        if ((wanted & DN_MULTISHOT) == 0) {
            end();
        }
        var owner = file.signalOwner();
        if (owner.id() != 0) {
            InputSignal.send(kernel, owner, info(owner.signal()));
        }
    }

    private SignalInfo info(int signal) {
        return signal == 0
                ? SignalInfo.ofKernel(Signal.SIGIO)
                : SignalInfo.ofInput(signal, SignalCode.POLL_MSG, Poll.READABLE | Poll.POLLMSG, descriptor);
    }

    @Override
    public void ended() {
        file.removeReleaseListener(this);
    }
}
