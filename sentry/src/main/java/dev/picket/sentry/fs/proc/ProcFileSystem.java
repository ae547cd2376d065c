package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.vfs.Inode;

/** /proc of one sandbox; see proc(5). */
public final class ProcFileSystem extends GeneratedFileSystem {
    private final RootDirectory root;

    /** @param processor what /proc/cpuinfo says of each CPU */
    public ProcFileSystem(Kernel kernel, long device, ProcessorDescription processor) {
        super("proc", device, FileSystemMagic.PROC_SUPER_MAGIC);
        root = new RootDirectory(this, kernel, processor);
    }

    @Override
    public Inode root() {
        return root;
    }
}
