package dev.picket.sentry.fs.mqueue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.Inode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The directory of message queues: anybody may make one, and only its owner may remove it. */
public final class MqueueDirectory extends GeneratedDirectory {
    /** RLIMIT_MSGQUEUE for queues that are made with open(2), whose caller's limit is not known here. */
    private static final long USUAL_LIMIT_BYTES = 819_200;

    private final MqueueFileSystem fileSystem;
    private final Map<String, MqueueInode> queues = new LinkedHashMap<>(); // guarded by itself

    MqueueDirectory(MqueueFileSystem fileSystem) {
        super(fileSystem, 01777, Owner.ROOT);
        this.fileSystem = fileSystem;
    }

    /**
     * Makes a queue, unless there is one of this name.
     *
     * @param permissions the umask has been applied
     * @param maxMessages room for so many
     * @param messageBytes of at most this length each
     * @param userLimitBytes RLIMIT_MSGQUEUE of {@link Resource}
     * @return the new queue, or null if the name is taken
     * @throws ErrnoException EINVAL, EOVERFLOW, ENOSPC, EMFILE
     */
    public MqueueInode make(
            Caller maker, String name, int permissions, long maxMessages, long messageBytes, long userLimitBytes)
            throws ErrnoException {
        var limits = fileSystem.limits();
        var credentials = maker.credentials();
        synchronized (queues) {
            if (queues.containsKey(name)) {
                return null;
            }
            limits.checkSize(credentials, maxMessages, messageBytes);
            limits.takeQueue(credentials, MqueueLimits.sizeBytes(maxMessages, messageBytes), userLimitBytes);
            var made = new MqueueInode(fileSystem, credentials, permissions, maxMessages, messageBytes);
            queues.put(name, made);
            return made;
        }
    }

    @Override
    public Inode create(Caller caller, String name, CreateRequest request) throws ErrnoException {
        if ((request.mode() & FileMode.S_IFMT) != FileMode.S_IFREG) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var limits = fileSystem.limits();
        return make(
                caller,
                name,
                request.mode() & FileMode.S_IALLUGO,
                Math.min(limits.msgMax(), limits.msgDefault()),
                Math.min(limits.msgsizeMax(), limits.msgsizeDefault()),
                USUAL_LIMIT_BYTES);
    }

    @Override
    public void unlink(String name, Inode child) {
        synchronized (queues) {
            queues.remove(name);
        }
        if (child instanceof MqueueInode queue) {
            queue.unlinked();
        }
    }

    @Override
    protected boolean isDynamic() {
        return true;
    }

    @Override
    protected Inode lookupDynamic(Caller caller, String name) {
        synchronized (queues) {
            return queues.get(name);
        }
    }

    @Override
    protected List<DynamicEntry> dynamicEntries(Caller caller, long from) {
        List<DynamicEntry> entries = new ArrayList<>();
        synchronized (queues) {
            queues.forEach((name, queue) -> {
                if (queue.number() >= from) {
                    entries.add(new DynamicEntry(queue.number(), name, FileMode.S_IFREG));
                }
            });
        }
        return entries;
    }
}
