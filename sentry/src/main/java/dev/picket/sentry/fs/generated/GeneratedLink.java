package dev.picket.sentry.fs.generated;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A symbolic link whose target is made up when it is read; a magic link if it leads to a file without a walk. */
public class GeneratedLink extends GeneratedInode {
    /** Makes up the target. */
    @FunctionalInterface
    public interface Target {
        String target(Caller caller) throws ErrnoException;
    }

    private static final int SHOWN_BYTES = 64;

    private final Target target;

    public GeneratedLink(GeneratedFileSystem fileSystem, int mode, Owner owner, Target target) {
        super(fileSystem, FileMode.S_IFLNK | mode, owner);
        this.target = target;
    }

    /** A link that always leads to the same place. */
    public static GeneratedLink to(GeneratedFileSystem fileSystem, String target) {
        return new GeneratedLink(fileSystem, 0777, Owner.ROOT, caller -> target);
    }

    @Override
    protected long sizeBytes() {
        return SHOWN_BYTES; // Linux's magic links too say 64, whatever they are long
    }

    @Override
    public final String readLink(Caller caller) throws ErrnoException {
        return target.target(caller);
    }

    /** Links are followed, not opened; the walk sees to that. */
    @Override
    public final OpenFile open(Caller caller, Path path, int flags) {
        throw new IllegalStateException("a link is opened");
    }
}
