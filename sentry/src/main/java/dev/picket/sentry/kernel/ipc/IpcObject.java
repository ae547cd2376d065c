package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.FileClock;

/**
 * What all System V IPC objects have: a key, an id, and an owner; see struct ipc_perm in sysvipc(7). What can change is
 * guarded by the subclass.
 */
public abstract class IpcObject {
    private static final int PERMISSIONS = 0777;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final int creatorUser;
    private final int creatorGroup;

    private volatile int key;
    private volatile int id;
    private volatile int user;
    private volatile int group;
    private volatile int mode;
    private volatile long changeSeconds;
    private volatile boolean removed;

    /** @param flags of shmget(2) and the like: the permission bits count */
    IpcObject(Credentials maker, int key, int flags) {
        this.key = key;
        this.creatorUser = maker.effectiveUser();
        this.creatorGroup = maker.effectiveGroup();
        this.user = creatorUser;
        this.group = creatorGroup;
        this.mode = flags & PERMISSIONS;
        touch();
    }

    /**
     * Permissions of an object, and when it was changed: what all kinds show.
     *
     * @param mode permissions, and for shared memory SHM_DEST and SHM_LOCKED
     */
    public record Ownership(
            int key, int id, int user, int group, int creatorUser, int creatorGroup, int mode, long changeSeconds) {
        /** The sequence number in the id. */
        public int sequence() {
            return id / Ipc.IPCMNI;
        }
    }

    public final int id() {
        return id;
    }

    public final Ownership ownership() {
        return new Ownership(key, id, user, group, creatorUser, creatorGroup, mode | modeFlags(), changeSeconds);
    }

    /** Bits of the mode beside the permissions. */
    int modeFlags() {
        return 0;
    }

    final int key() {
        return key;
    }

    /** No key finds this any more. */
    final void forgetKey() {
        key = Ipc.IPC_PRIVATE;
    }

    final void setId(int id) {
        this.id = id;
    }

    final boolean isRemoved() {
        return removed;
    }

    final void setRemoved() {
        removed = true;
    }

    static long nowSeconds() {
        return Math.floorDiv(FileClock.nowNanos(), NANOS_PER_SECOND);
    }

    final void touch() {
        changeSeconds = nowSeconds();
    }

    /**
     * Checks permissions; see {@code ipcperms} of Linux.
     *
     * @param wanted permission bits, of the owner, the group or the others: all are looked at together
     * @throws ErrnoException EACCES
     */
    public final void checkAccess(Credentials credentials, int wanted) throws ErrnoException {
        int requested = wanted >> 6 | wanted >> 3 | wanted;
        int granted = mode;
        int caller = credentials.effectiveUser();
        if (caller == creatorUser || caller == user) {
            granted >>= 6;
        } else if (credentials.inGroup(creatorGroup) || credentials.inGroup(group)) {
            granted >>= 3;
        }
        if ((requested & ~granted & 7) != 0 && !credentials.has(Credentials.CAP_IPC_OWNER)) {
            throw ErrnoException.of(Errno.EACCES);
        }
    }

    final boolean isOwnedBy(Credentials credentials) {
        int caller = credentials.effectiveUser();
        return caller == creatorUser || caller == user;
    }

    /** Checks that the caller may change or remove this: EPERM. */
    final void checkControl(Credentials credentials) throws ErrnoException {
        if (!isOwnedBy(credentials) && !credentials.has(Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    /** IPC_SET: a new owner and new permissions; EINVAL for ids that are none. */
    final void setOwner(int user, int group, int mode) throws ErrnoException {
        if (user == -1 || group == -1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        this.user = user;
        this.group = group;
        this.mode = mode & PERMISSIONS;
        touch();
    }
}
