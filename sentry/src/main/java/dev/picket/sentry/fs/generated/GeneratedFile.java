package dev.picket.sentry.fs.generated;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A file whose contents are made up when it is read, and that may act on what is written to it. */
public final class GeneratedFile extends GeneratedInode {
    /** Makes up the contents. */
    @FunctionalInterface
    public interface Contents {
        /** Appends the contents to {@code text}, one char per byte, as {@code reader}, who opened the file, may see them. */
        void write(Caller reader, StringBuilder text) throws ErrnoException;
    }

    /** Acts on what was written. */
    @FunctionalInterface
    public interface Store {
        /** @param text what one write(2) wrote, one char per byte, at most {@link GeneratedOpenFile#WRITE_LIMIT_BYTES} */
        void store(Caller writer, String text) throws ErrnoException;
    }

    /** Looks whether a file may be opened, beyond its permission bits. */
    @FunctionalInterface
    public interface Guard {
        Guard NONE = (caller, flags) -> {};

        void check(Caller caller, int flags) throws ErrnoException;
    }

    private final Contents contents;
    private final Store store;
    private final Guard guard;

    private GeneratedFile(
            GeneratedFileSystem fileSystem, int mode, Owner owner, Contents contents, Store store, Guard guard) {
        super(fileSystem, FileMode.S_IFREG | mode, owner);
        this.contents = contents;
        this.store = store;
        this.guard = guard;
    }

    /** A file of root's that all may read. */
    public static GeneratedFile of(GeneratedFileSystem fileSystem, Contents contents) {
        return new GeneratedFile(fileSystem, 0444, Owner.ROOT, contents, null, Guard.NONE);
    }

    /** A file that can be read. */
    public static GeneratedFile of(
            GeneratedFileSystem fileSystem, int mode, Owner owner, Contents contents, Guard guard) {
        return new GeneratedFile(fileSystem, mode, owner, contents, null, guard);
    }

    /** A file that can be written, and read if {@code contents} is not null. */
    public static GeneratedFile writable(
            GeneratedFileSystem fileSystem, int mode, Owner owner, Contents contents, Store store) {
        return new GeneratedFile(fileSystem, mode, owner, contents, store, Guard.NONE);
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        guard.check(caller, flags);
        return new GeneratedOpenFile(this, caller, path, flags);
    }

    String contentsFor(Caller reader) throws ErrnoException {
        if (contents == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var text = new StringBuilder();
        contents.write(reader, text);
        return text.toString();
    }

    void store(Caller writer, String text) throws ErrnoException {
        if (store == null) {
            throw ErrnoException.of(Errno.EIO);
        }
        store.store(writer, text);
    }
}
