package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * File descriptors: small numbers for open files. Shared by tasks cloned with CLONE_FILES. Any thread may call.
 *
 * <p>A descriptor holds one reference of its file; files are released without the table's lock.
 */
public final class FileTable {
    /** Descriptors beyond this do not exist, whatever RLIMIT_NOFILE says; Linux's default of fs.nr_open. */
    public static final int MAXIMUM = 1 << 20;

    /** Is told of the descriptors of a table. */
    @FunctionalInterface
    public interface Visitor {
        void visit(int descriptor, OpenFile file, boolean closeOnExec);
    }

    private final ResourceLimits limits;
    private final BitSet closeOnExec = new BitSet();
    private volatile OpenFile[] files = new OpenFile[64];
    private int users = 1;
    private volatile boolean shared;

    /** No descriptor is lower than this and free. */
    private int lowestFree;

    public FileTable(ResourceLimits limits) {
        this.limits = limits;
    }

    /**
     * Gives {@code file} the lowest free descriptor that is not below {@code lowest}, and takes over the caller's
     * reference.
     *
     * @throws ErrnoException EMFILE if RLIMIT_NOFILE is reached; the reference is still the caller's then
     */
    public synchronized int install(OpenFile file, int lowest, boolean closeOnExec) throws ErrnoException {
        int descriptor = Math.max(lowest, lowestFree);
        int limit = limit();
        while (descriptor < files.length && files[descriptor] != null) {
            descriptor++;
        }
        if (descriptor >= limit) {
            throw ErrnoException.of(Errno.EMFILE);
        }
        put(descriptor, file, closeOnExec);
        if (lowest <= lowestFree) {
            lowestFree = descriptor + 1;
        }
        return descriptor;
    }

    /** Whether there is a descriptor for one more file: EMFILE. open(2) asks before it looks at the path. */
    public synchronized void checkRoom() throws ErrnoException {
        int descriptor = lowestFree;
        while (descriptor < files.length && files[descriptor] != null) {
            descriptor++;
        }
        if (descriptor >= limit()) {
            throw ErrnoException.of(Errno.EMFILE);
        }
    }

    /** The file of a descriptor, or null. */
    public OpenFile get(int descriptor) {
        var current = files;
        return descriptor >= 0 && descriptor < current.length ? current[descriptor] : null;
    }

    /** As {@link #get}, with one more reference, which the caller releases. */
    public synchronized OpenFile getAndRetain(int descriptor) {
        var file = get(descriptor);
        if (file != null) {
            file.retain();
        }
        return file;
    }

    /** Whether several tasks use this table, so that files may be closed while their calls run. */
    public boolean isShared() {
        return shared;
    }

    public synchronized boolean isCloseOnExec(int descriptor) {
        return closeOnExec.get(descriptor);
    }

    /** Sets the close-on-exec flag; EBADF if there is no such descriptor. */
    public synchronized void setCloseOnExec(int descriptor, boolean value) throws ErrnoException {
        check(descriptor);
        closeOnExec.set(descriptor, value);
    }

    /** The lowest free descriptor not below {@code lowest} becomes one more for the file of {@code descriptor}. */
    public int duplicate(int descriptor, int lowest, boolean closeOnExec) throws ErrnoException {
        var file = getAndRetain(descriptor);
        if (file == null) {
            throw ErrnoException.of(Errno.EBADF);
        }
        try {
            return install(file, lowest, closeOnExec);
        } catch (ErrnoException e) {
            file.release();
            throw e;
        }
    }

    /** Makes {@code target} one more descriptor for the file of {@code descriptor}, closing what it was; see dup2(2). */
    public int duplicateTo(int descriptor, int target, boolean closeOnExec) throws ErrnoException {
        OpenFile replaced;
        synchronized (this) {
            var file = check(descriptor);
            if (target < 0 || target >= limit()) {
                throw ErrnoException.of(Errno.EBADF);
            }
            file.retain();
            replaced = get(target);
            put(target, file, closeOnExec);
        }
        if (replaced != null) {
            letGo(replaced);
        }
        return target;
    }

    /** Makes {@code target} a descriptor for {@code file}, whose reference it takes over, closing what it was; EBADF. */
    public int installAt(OpenFile file, int target, boolean closeOnExec) throws ErrnoException {
        OpenFile replaced;
        synchronized (this) {
            if (target < 0 || target >= limit()) {
                throw ErrnoException.of(Errno.EBADF);
            }
            replaced = get(target);
            put(target, file, closeOnExec);
        }
        if (replaced != null) {
            letGo(replaced);
        }
        return target;
    }

    /** Frees a descriptor, and releases its file; EBADF if there is none. */
    public void close(int descriptor) throws ErrnoException {
        remove(descriptor).release();
    }

    /** Frees a descriptor, and hands its reference of the file to the caller; EBADF if there is none. */
    public OpenFile remove(int descriptor) throws ErrnoException {
        OpenFile file;
        synchronized (this) {
            file = check(descriptor);
            clear(descriptor);
        }
        file.closedIn(this);
        return file;
    }

    /** Closes, or with {@code onlyMark} marks as close-on-exec, the descriptors from {@code first} to {@code last}. */
    public void closeRange(int first, int last, boolean onlyMark) {
        List<OpenFile> closed = new ArrayList<>();
        synchronized (this) {
            for (int descriptor = first; descriptor < files.length && descriptor <= last; descriptor++) {
                if (files[descriptor] == null) {
                    continue;
                }
                if (onlyMark) {
                    closeOnExec.set(descriptor);
                } else {
                    closed.add(files[descriptor]);
                    clear(descriptor);
                }
            }
        }
        closed.forEach(this::letGo);
    }

    /** Closes the descriptors that execve(2) does not keep. */
    public void closeOnExec() {
        List<OpenFile> closed = new ArrayList<>();
        synchronized (this) {
            for (int descriptor = closeOnExec.nextSetBit(0);
                    descriptor >= 0;
                    descriptor = closeOnExec.nextSetBit(descriptor)) {
                closed.add(files[descriptor]);
                clear(descriptor);
            }
        }
        closed.forEach(this::letGo);
    }

    /** A table of its own with the same descriptors, for fork(2); {@code limits} are those of its new owner. */
    public synchronized FileTable fork(ResourceLimits limits) {
        var copy = new FileTable(limits);
        copy.files = files.clone();
        copy.closeOnExec.or(closeOnExec);
        copy.lowestFree = lowestFree;
        for (var file : copy.files) {
            if (file != null) {
                file.retain();
            }
        }
        return copy;
    }

    /** One more task uses this table. */
    public synchronized void retain() {
        users++;
        shared = true;
    }

    /** One task less uses this table; the last one closes everything. */
    public void release() {
        synchronized (this) {
            shared = --users > 1;
            if (users > 0) {
                return;
            }
        }
        closeRange(0, Integer.MAX_VALUE, false);
    }

    /** Shows every descriptor, in order, to {@code visitor}, which must not call back. */
    public synchronized void forEach(Visitor visitor) {
        for (int descriptor = 0; descriptor < files.length; descriptor++) {
            if (files[descriptor] != null) {
                visitor.visit(descriptor, files[descriptor], closeOnExec.get(descriptor));
            }
        }
    }

    /** How many descriptors there are room for now: FDSize of /proc/PID/status. */
    public int capacity() {
        return files.length;
    }

    private void letGo(OpenFile file) {
        file.closedIn(this);
        file.release();
    }

    private int limit() {
        return (int) Math.min(MAXIMUM, limits.bound(Resource.RLIMIT_NOFILE));
    }

    private OpenFile check(int descriptor) throws ErrnoException {
        var file = get(descriptor);
        if (file == null) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return file;
    }

    private void put(int descriptor, OpenFile file, boolean close) {
        var current = files;
        if (descriptor >= current.length) {
            current = Arrays.copyOf(current, Math.max(descriptor + 1, Math.min(MAXIMUM, current.length * 2)));
        }
        current[descriptor] = file;
        files = current; // publishes the element too
        closeOnExec.set(descriptor, close);
    }

    private void clear(int descriptor) {
        var current = files;
        current[descriptor] = null;
        files = current;
        closeOnExec.clear(descriptor);
        lowestFree = Math.min(lowestFree, descriptor);
    }
}
