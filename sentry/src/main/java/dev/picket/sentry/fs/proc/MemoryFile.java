package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** /proc/PID/mem: the memory of a process as a file, for debuggers. */
final class MemoryFile extends GeneratedInode {
    private final Subject subject;

    MemoryFile(GeneratedFileSystem fileSystem, Subject subject) {
        super(fileSystem, FileMode.S_IFREG | 0600, subject.owner());
        this.subject = subject;
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        subject.checkInspection(caller);
        var task = subject.task();
        return new OpenMemoryFile(this, task.hasEnded() ? null : task.memory(), path, flags);
    }
}
