package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedLink;
import dev.picket.sentry.kernel.Namespace;
import dev.picket.sentry.kernel.NamespaceFile;
import dev.picket.sentry.kernel.Namespaces;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Path;

/** A link of /proc/PID/ns: it leads to the namespace itself. */
final class NamespaceLink extends GeneratedLink {
    private final Subject subject;
    private final int kind;

    NamespaceLink(GeneratedFileSystem fileSystem, Subject subject, int kind) {
        super(fileSystem, 0777, subject.owner(), caller -> NamespaceFile.nameOf(find(caller, subject, kind)));
        this.subject = subject;
        this.kind = kind;
    }

    @Override
    public Path followMagicLink(Caller caller) throws ErrnoException {
        return NamespaceFile.place(subject.kernel(), find(caller, subject, kind));
    }

    private static Namespace find(Caller caller, Subject subject, int kind) throws ErrnoException {
        subject.checkInspection(caller);
        var task = subject.task();
        if (task.hasEnded()) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        return Namespaces.of(task, kind);
    }
}
