package dev.picket.sentry.fs.mqueue;

import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;

/** The message queues of a sandbox, as files: what is mounted at /dev/mqueue, and where mq_open(2) looks. */
public final class MqueueFileSystem extends GeneratedFileSystem {
    private final MqueueLimits limits;
    private final MqueueDirectory root;
    private final Mount mount = Mount.internal(this);

    /** @param heapLimitBytes how much of the heap messages may take */
    public MqueueFileSystem(long device, long heapLimitBytes) {
        super("mqueue", device, FileSystemMagic.MQUEUE_MAGIC);
        this.limits = new MqueueLimits(heapLimitBytes);
        this.root = new MqueueDirectory(this);
    }

    @Override
    public Inode root() {
        return root;
    }

    public MqueueLimits limits() {
        return limits;
    }

    /** The directory of all queues, for mq_open(2). */
    public MqueueDirectory directory() {
        return root;
    }

    /** The place that mq_open(2) and mq_unlink(2) start from; it is in no process's tree. */
    public Path start() {
        return new Path(mount, rootDentry());
    }

    /** The place of a queue: ENOENT. */
    public Path find(Caller caller, String name) throws ErrnoException {
        return PathWalk.resolve(caller, start(), name, 0);
    }
}
