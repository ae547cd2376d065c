package dev.picket.sentry.fs.generated;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.AttributeChange;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;

/** What generated files of all types have. They belong to root unless a {@link Owner} says otherwise. */
public abstract class GeneratedInode extends Inode {
    private static final int BLOCK_BYTES = 1024;

    /** Who owns a file; asked each time. */
    public interface Owner {
        /** Root. */
        Owner ROOT = new Owner() {
            @Override
            public int user() {
                return 0;
            }

            @Override
            public int group() {
                return 0;
            }
        };

        int user();

        int group();
    }

    private final GeneratedFileSystem fileSystem;
    private final long number;
    private final int mode;
    private final Owner owner;
    private final long madeNanos = FileClock.nowNanos();

    /** @param mode type and permission bits */
    protected GeneratedInode(GeneratedFileSystem fileSystem, int mode, Owner owner) {
        this.fileSystem = fileSystem;
        this.number = fileSystem.nextInodeNumber();
        this.mode = mode;
        this.owner = owner;
    }

    /** Names of a directory: two, and one for each directory in it. */
    protected long links() {
        return 1;
    }

    protected long sizeBytes() {
        return 0;
    }

    /** Type and permission bits as they are now. */
    protected int mode() {
        return mode;
    }

    /** What a device file stands for. */
    protected long deviceNumber() {
        return 0;
    }

    public final long number() {
        return number;
    }

    @Override
    public Attributes attributes() throws ErrnoException {
        return new Attributes(
                fileSystem.device(),
                number,
                mode(),
                links(),
                owner.user(),
                owner.group(),
                deviceNumber(),
                sizeBytes(),
                BLOCK_BYTES,
                0,
                madeNanos,
                madeNanos,
                madeNanos);
    }

    @Override
    public void setAttributes(Caller caller, AttributeChange change) throws ErrnoException {
        // Truncating does nothing: "echo 1 > /proc/..." does it. Nothing else can change.
        if (change.mode() != null || change.user() != null || change.group() != null) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    @Override
    public final int type() {
        return mode & FileMode.S_IFMT;
    }

    @Override
    public final FileSystem fileSystem() {
        return fileSystem;
    }
}
