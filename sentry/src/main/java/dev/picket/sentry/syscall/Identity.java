package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.CredentialsChange;
import dev.picket.sentry.credentials.IdMap;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** User and group ids: getuid(2), setresuid(2), setgroups(2) and their kin; see credentials(7). */
final class Identity {
    private static final int NGROUPS_MAX = 65_536;
    private static final int KEEP = -1;

    private Identity() {}

    /** getuid(2). Ids are unsigned. */
    static long getuid(Task task, SyscallArguments args) {
        return shownUser(task, task.credentials().realUser()) & 0xffffffffL;
    }

    /** geteuid(2). */
    static long geteuid(Task task, SyscallArguments args) {
        return shownUser(task, task.credentials().effectiveUser()) & 0xffffffffL;
    }

    /** getgid(2). */
    static long getgid(Task task, SyscallArguments args) {
        return shownGroup(task, task.credentials().realGroup()) & 0xffffffffL;
    }

    /** getegid(2). */
    static long getegid(Task task, SyscallArguments args) {
        return shownGroup(task, task.credentials().effectiveGroup()) & 0xffffffffL;
    }

    /** getresuid(2). */
    static long getresuid(Task task, SyscallArguments args) throws ErrnoException {
        var credentials = task.credentials();
        task.memory().putInt(args.asAddress(0), shownUser(task, credentials.realUser()));
        task.memory().putInt(args.asAddress(1), shownUser(task, credentials.effectiveUser()));
        task.memory().putInt(args.asAddress(2), shownUser(task, credentials.savedUser()));
        return 0;
    }

    /** getresgid(2). */
    static long getresgid(Task task, SyscallArguments args) throws ErrnoException {
        var credentials = task.credentials();
        task.memory().putInt(args.asAddress(0), shownGroup(task, credentials.realGroup()));
        task.memory().putInt(args.asAddress(1), shownGroup(task, credentials.effectiveGroup()));
        task.memory().putInt(args.asAddress(2), shownGroup(task, credentials.savedGroup()));
        return 0;
    }

    /** setuid(2). */
    static long setuid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setUser(ownUser(task, args.asInt(0))));
    }

    /** setgid(2). */
    static long setgid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setGroup(ownGroup(task, args.asInt(0))));
    }

    /** setreuid(2). */
    static long setreuid(Task task, SyscallArguments args) throws ErrnoException {
        return become(
                task, change(task).setRealEffectiveUser(ownUser(task, args.asInt(0)), ownUser(task, args.asInt(1))));
    }

    /** setregid(2). */
    static long setregid(Task task, SyscallArguments args) throws ErrnoException {
        return become(
                task, change(task).setRealEffectiveGroup(ownGroup(task, args.asInt(0)), ownGroup(task, args.asInt(1))));
    }

    /** setresuid(2). */
    static long setresuid(Task task, SyscallArguments args) throws ErrnoException {
        return become(
                task,
                change(task)
                        .setUsers(
                                ownUser(task, args.asInt(0)),
                                ownUser(task, args.asInt(1)),
                                ownUser(task, args.asInt(2))));
    }

    /** setresgid(2). */
    static long setresgid(Task task, SyscallArguments args) throws ErrnoException {
        return become(
                task,
                change(task)
                        .setGroups(
                                ownGroup(task, args.asInt(0)),
                                ownGroup(task, args.asInt(1)),
                                ownGroup(task, args.asInt(2))));
    }

    /** setfsuid(2): answers the old id, also when it fails. */
    static long setfsuid(Task task, SyscallArguments args) {
        int user = UserNamespace.userOutside(task.credentials().userNamespace(), args.asInt(0));
        int old = shownUser(task, task.credentials().fileSystemUser());
        if (user != KEEP) {
            task.setCredentials(change(task).setFileSystemUser(user));
        }
        return old & 0xffffffffL;
    }

    /** setfsgid(2): answers the old id, also when it fails. */
    static long setfsgid(Task task, SyscallArguments args) {
        int group = UserNamespace.groupOutside(task.credentials().userNamespace(), args.asInt(0));
        int old = shownGroup(task, task.credentials().fileSystemGroup());
        if (group != KEEP) {
            task.setCredentials(change(task).setFileSystemGroup(group));
        }
        return old & 0xffffffffL;
    }

    /** getgroups(2). */
    static long getgroups(Task task, SyscallArguments args) throws ErrnoException {
        int room = args.asInt(0);
        long address = args.asAddress(1);
        int[] groups = task.credentials().groups();
        if (room < 0 || room > 0 && room < groups.length) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        for (int i = 0; room > 0 && i < groups.length; i++) {
            task.memory().putInt(address + 4L * i, shownGroup(task, groups[i]));
        }
        return groups.length;
    }

    /** setgroups(2). */
    static long setgroups(Task task, SyscallArguments args) throws ErrnoException {
        int count = args.asInt(0);
        long address = args.asAddress(1);
        var change = change(task);
        change.checkSetGroups();
        var space = task.credentials().userNamespace();
        if (space != null && (space.deniesGroups() || space.groups() == null)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (count < 0 || count > NGROUPS_MAX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int[] groups = new int[count];
        for (int i = 0; i < count; i++) {
            groups[i] = ownGroup(task, task.memory().getInt(address + 4L * i));
        }
        return become(task, change.setSupplementaryGroups(groups));
    }

    private static int shownUser(Task task, int user) {
        return UserNamespace.userInside(task.credentials().userNamespace(), user);
    }

    private static int shownGroup(Task task, int group) {
        return UserNamespace.groupInside(task.credentials().userNamespace(), group);
    }

    /** The sandbox's id for one that the task has given, which may be -1; EINVAL if its user namespace has none. */
    static int ownUser(Task task, int user) throws ErrnoException {
        int own = user == KEEP
                ? KEEP
                : UserNamespace.userOutside(task.credentials().userNamespace(), user);
        if (own == IdMap.NONE && user != KEEP) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return own;
    }

    static int ownGroup(Task task, int group) throws ErrnoException {
        int own = group == KEEP
                ? KEEP
                : UserNamespace.groupOutside(task.credentials().userNamespace(), group);
        if (own == IdMap.NONE && group != KEEP) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return own;
    }

    private static CredentialsChange change(Task task) {
        var privileges = task.privileges();
        return new CredentialsChange(task.credentials(), privileges.keepCapabilities(), privileges.secureBits());
    }

    private static long become(Task task, dev.picket.sentry.credentials.Credentials credentials) {
        var old = task.credentials();
        if (old.effectiveUser() != credentials.effectiveUser()
                || old.effectiveGroup() != credentials.effectiveGroup()) {
            task.group().setDumpable(false);
            task.words().setParentDeathSignal(0);
        }
        task.setCredentials(credentials);
        return 0;
    }
}
