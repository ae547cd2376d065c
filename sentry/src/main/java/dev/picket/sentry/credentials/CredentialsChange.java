package dev.picket.sentry.credentials;

import static dev.picket.sentry.credentials.Credentials.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * The changes that setuid(2) and its kin may make, and what they do to capabilities; see "effect of user ID changes on
 * capabilities" in capabilities(7). An id of -1 stays as it is.
 */
public final class CredentialsChange {
    private static final int KEEP = -1;
    private static final int SECBIT_NO_SETUID_FIXUP = 4;

    /** What setfsuid(2) gives to and takes from user 0: the capabilities about files. */
    private static final long FILE_CAPABILITIES = 1L << CAP_CHOWN
            | 1L << CAP_MKNOD
            | 1L << CAP_DAC_OVERRIDE
            | 1L << CAP_DAC_READ_SEARCH
            | 1L << CAP_FOWNER
            | 1L << CAP_FSETID
            | 1L << 9 // CAP_LINUX_IMMUTABLE
            | 1L << 32; // CAP_MAC_OVERRIDE

    private final Credentials old;
    private final boolean keepCapabilities;
    private final boolean fixesCapabilities;

    public CredentialsChange(Credentials old, boolean keepCapabilities, int secureBits) {
        this.old = old;
        this.keepCapabilities = keepCapabilities;
        this.fixesCapabilities = (secureBits & SECBIT_NO_SETUID_FIXUP) == 0;
    }

    /** setuid(2). */
    public Credentials setUser(int user) throws ErrnoException {
        check(user != KEEP);
        if (old.holds(CAP_SETUID)) {
            return users(user, user, user, user);
        }
        if (user != old.realUser() && user != old.savedUser()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return users(old.realUser(), user, old.savedUser(), user);
    }

    /** setgid(2). */
    public Credentials setGroup(int group) throws ErrnoException {
        check(group != KEEP);
        if (old.holds(CAP_SETGID)) {
            return groups(group, group, group, group);
        }
        if (group != old.realGroup() && group != old.savedGroup()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return groups(old.realGroup(), group, old.savedGroup(), group);
    }

    /** setreuid(2). */
    public Credentials setRealEffectiveUser(int real, int effective) throws ErrnoException {
        int newReal = real == KEEP ? old.realUser() : real;
        int newEffective = effective == KEEP ? old.effectiveUser() : effective;
        boolean may = (real == KEEP || real == old.realUser() || real == old.effectiveUser())
                && (effective == KEEP
                        || effective == old.realUser()
                        || effective == old.effectiveUser()
                        || effective == old.savedUser());
        if (!may && !old.holds(CAP_SETUID)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        boolean saves = real != KEEP || effective != KEEP && effective != old.realUser();
        return users(newReal, newEffective, saves ? newEffective : old.savedUser(), newEffective);
    }

    /** setregid(2). */
    public Credentials setRealEffectiveGroup(int real, int effective) throws ErrnoException {
        int newReal = real == KEEP ? old.realGroup() : real;
        int newEffective = effective == KEEP ? old.effectiveGroup() : effective;
        boolean may = (real == KEEP || real == old.realGroup() || real == old.effectiveGroup())
                && (effective == KEEP
                        || effective == old.realGroup()
                        || effective == old.effectiveGroup()
                        || effective == old.savedGroup());
        if (!may && !old.holds(CAP_SETGID)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        boolean saves = real != KEEP || effective != KEEP && effective != old.realGroup();
        return groups(newReal, newEffective, saves ? newEffective : old.savedGroup(), newEffective);
    }

    /** setresuid(2). */
    public Credentials setUsers(int real, int effective, int saved) throws ErrnoException {
        if (!old.holds(CAP_SETUID) && !(isOwnUser(real) && isOwnUser(effective) && isOwnUser(saved))) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int newEffective = effective == KEEP ? old.effectiveUser() : effective;
        return users(
                real == KEEP ? old.realUser() : real,
                newEffective,
                saved == KEEP ? old.savedUser() : saved,
                newEffective);
    }

    /** setresgid(2). */
    public Credentials setGroups(int real, int effective, int saved) throws ErrnoException {
        if (!old.holds(CAP_SETGID) && !(isOwnGroup(real) && isOwnGroup(effective) && isOwnGroup(saved))) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int newEffective = effective == KEEP ? old.effectiveGroup() : effective;
        return groups(
                real == KEEP ? old.realGroup() : real,
                newEffective,
                saved == KEEP ? old.savedGroup() : saved,
                newEffective);
    }

    /** setfsuid(2): nothing changes if it is not allowed. */
    public Credentials setFileSystemUser(int user) {
        if (!isOwnUser(user) && user != old.fileSystemUser() && !old.holds(CAP_SETUID)) {
            return old;
        }
        long effective = old.effective();
        if (fixesCapabilities && old.fileSystemUser() == 0 && user != 0) {
            effective &= ~FILE_CAPABILITIES;
        } else if (fixesCapabilities && old.fileSystemUser() != 0 && user == 0) {
            effective |= old.permitted() & FILE_CAPABILITIES;
        }
        return make(
                new int[] {old.realUser(), old.effectiveUser(), old.savedUser(), user},
                oldGroups(),
                old.groups(),
                old.permitted(),
                effective,
                old.ambient());
    }

    /** setfsgid(2): nothing changes if it is not allowed. */
    public Credentials setFileSystemGroup(int group) {
        if (!isOwnGroup(group) && group != old.fileSystemGroup() && !old.holds(CAP_SETGID)) {
            return old;
        }
        return groups(old.realGroup(), old.effectiveGroup(), old.savedGroup(), group);
    }

    /** EPERM unless setgroups(2) is allowed. */
    public void checkSetGroups() throws ErrnoException {
        if (!old.holds(CAP_SETGID)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    /** setgroups(2). */
    public Credentials setSupplementaryGroups(int[] groups) {
        return make(oldUsers(), oldGroups(), groups, old.permitted(), old.effective(), old.ambient());
    }

    /** The same with other capability sets. */
    public Credentials setCapabilities(long permitted, long effective, long inheritable, long bounding, long ambient) {
        return new Credentials(
                old.realUser(),
                old.effectiveUser(),
                old.savedUser(),
                old.fileSystemUser(),
                old.realGroup(),
                old.effectiveGroup(),
                old.savedGroup(),
                old.fileSystemGroup(),
                old.groups(),
                permitted,
                effective,
                inheritable,
                bounding,
                ambient,
                old.userNamespace());
    }

    private boolean isOwnUser(int user) {
        return user == KEEP || user == old.realUser() || user == old.effectiveUser() || user == old.savedUser();
    }

    private boolean isOwnGroup(int group) {
        return group == KEEP || group == old.realGroup() || group == old.effectiveGroup() || group == old.savedGroup();
    }

    private Credentials users(int real, int effective, int saved, int fileSystem) {
        long permitted = old.permitted();
        long effectiveSet = old.effective();
        long ambient = old.ambient();
        if (fixesCapabilities) {
            int root = old.rootUser();
            boolean hadRoot = old.realUser() == root || old.effectiveUser() == root || old.savedUser() == root;
            boolean hasRoot = real == root || effective == root || saved == root;
            if (hadRoot && !hasRoot) {
                ambient = 0;
                if (!keepCapabilities) {
                    permitted = 0;
                    effectiveSet = 0;
                }
            }
            if (old.effectiveUser() == root && effective != root) {
                effectiveSet = 0;
            }
            if (old.effectiveUser() != root && effective == root) {
                effectiveSet = permitted;
            }
        }
        return make(
                new int[] {real, effective, saved, fileSystem},
                oldGroups(),
                old.groups(),
                permitted,
                effectiveSet,
                ambient);
    }

    private Credentials groups(int real, int effective, int saved, int fileSystem) {
        return make(
                oldUsers(),
                new int[] {real, effective, saved, fileSystem},
                old.groups(),
                old.permitted(),
                old.effective(),
                old.ambient());
    }

    private int[] oldUsers() {
        return new int[] {old.realUser(), old.effectiveUser(), old.savedUser(), old.fileSystemUser()};
    }

    private int[] oldGroups() {
        return new int[] {old.realGroup(), old.effectiveGroup(), old.savedGroup(), old.fileSystemGroup()};
    }

    private Credentials make(
            int[] users, int[] groups, int[] supplementary, long permitted, long effective, long ambient) {
        return new Credentials(
                users[0],
                users[1],
                users[2],
                users[3],
                groups[0],
                groups[1],
                groups[2],
                groups[3],
                supplementary,
                permitted,
                effective,
                old.inheritable(),
                old.bounding(),
                ambient,
                old.userNamespace());
    }

    private static void check(boolean valid) throws ErrnoException {
        if (!valid) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }
}
