package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedLink;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** /proc/PID/fd: a magic link for each descriptor. */
final class DescriptorDirectory extends GeneratedDirectory {
    private final Subject subject;
    private final Map<Integer, Link> links = new HashMap<>();

    DescriptorDirectory(GeneratedFileSystem fileSystem, Subject subject) {
        super(fileSystem, 0500, subject.owner());
        this.subject = subject;
    }

    /** The open file of a descriptor of {@code subject}, or null. */
    static OpenFile fileOf(Subject subject, int descriptor) {
        var task = subject.task();
        return task == null || task.hasEnded() ? null : task.files().get(descriptor);
    }

    /** The descriptors of {@code subject} from {@code from} on. */
    static List<DynamicEntry> entriesOf(Subject subject, long from, int type) {
        List<DynamicEntry> entries = new ArrayList<>();
        var task = subject.task();
        if (task != null && !task.hasEnded()) {
            task.files().forEach((descriptor, file, closeOnExec) -> {
                if (descriptor >= from) {
                    entries.add(new DynamicEntry(descriptor, Integer.toString(descriptor), type));
                }
            });
        }
        return entries;
    }

    @Override
    protected boolean isDynamic() {
        return true;
    }

    @Override
    protected Inode lookupDynamic(Caller caller, String name) throws ErrnoException {
        subject.checkInspection(caller);
        int descriptor = RootDirectory.parseId(name);
        if (descriptor < 0 || fileOf(subject, descriptor) == null) {
            return null;
        }
        synchronized (links) {
            var known = links.get(descriptor);
            if (known == null) {
                links.keySet().removeIf(other -> fileOf(subject, other) == null);
                known = new Link(generatedFileSystem(), subject, descriptor);
                links.put(descriptor, known);
            }
            return known;
        }
    }

    @Override
    protected List<DynamicEntry> dynamicEntries(Caller caller, long from) throws ErrnoException {
        subject.checkInspection(caller);
        return entriesOf(subject, from, FileMode.S_IFLNK);
    }

    private static final class Link extends GeneratedLink {
        private static final int READ_BITS = 0500;
        private static final int WRITE_BITS = 0300;

        private final Subject subject;
        private final int descriptor;

        Link(GeneratedFileSystem fileSystem, Subject subject, int descriptor) {
            super(fileSystem, 0700, subject.owner(), caller -> {
                return PathName.of(caller.root(), checkedFile(caller, subject, descriptor));
            });
            this.subject = subject;
            this.descriptor = descriptor;
        }

        @Override
        protected int mode() {
            var file = fileOf(subject, descriptor);
            int bits = file == null ? 0 : (file.isReadable() ? READ_BITS : 0) | (file.isWritable() ? WRITE_BITS : 0);
            return FileMode.S_IFLNK | bits;
        }

        @Override
        public Path followMagicLink(Caller caller) throws ErrnoException {
            var file = checkedFile(caller, subject, descriptor);
            if (file.path() != null) {
                return file.path();
            }
            if (file.inode() instanceof AnonymousInode inode) {
                return inode.path();
            }
            throw ErrnoException.of(Errno.ENXIO);
        }

        private static OpenFile checkedFile(Caller caller, Subject subject, int descriptor) throws ErrnoException {
            subject.checkInspection(caller);
            var file = fileOf(subject, descriptor);
            if (file == null) {
                throw ErrnoException.of(Errno.ENOENT);
            }
            return file;
        }
    }
}
