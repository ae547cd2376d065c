package dev.picket.sentry.loader;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.OpenFile;

/** An open file of the guest's file systems as a program. */
final class OpenProgram implements ProgramFile {
    private final OpenFile file;

    OpenProgram(OpenFile file) {
        this.file = file;
    }

    @Override
    public int read(long offset, byte[] destination) throws ErrnoException {
        var buffer = new ArrayBuffer(destination);
        while (buffer.remaining() > 0) {
            long count = file.readAt(buffer, offset + buffer.used());
            if (count <= 0) {
                break; // the end; regular files never let one wait
            }
        }
        return buffer.used();
    }

    @Override
    public Mappable mappable() throws ErrnoException {
        try {
            return file.mappable();
        } catch (ErrnoException e) {
            throw ErrnoException.of(Errno.ENOEXEC); // as Linux answers for files without mmap
        }
    }
}
