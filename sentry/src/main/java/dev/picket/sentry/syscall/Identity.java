package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.CredentialsChange;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** User and group ids: getuid(2), setresuid(2), setgroups(2) and their kin; see credentials(7). */
final class Identity {
    private static final int NGROUPS_MAX = 65_536;
    private static final int KEEP = -1;

    private Identity() {}

    /** getuid(2). Ids are unsigned. */
    static long getuid(Task task, SyscallArguments args) {
        return task.credentials().realUser() & 0xffffffffL;
    }

    /** geteuid(2). */
    static long geteuid(Task task, SyscallArguments args) {
        return task.credentials().effectiveUser() & 0xffffffffL;
    }

    /** getgid(2). */
    static long getgid(Task task, SyscallArguments args) {
        return task.credentials().realGroup() & 0xffffffffL;
    }

    /** getegid(2). */
    static long getegid(Task task, SyscallArguments args) {
        return task.credentials().effectiveGroup() & 0xffffffffL;
    }

    /** getresuid(2). */
    static long getresuid(Task task, SyscallArguments args) throws ErrnoException {
        var credentials = task.credentials();
        task.memory().putInt(args.asAddress(0), credentials.realUser());
        task.memory().putInt(args.asAddress(1), credentials.effectiveUser());
        task.memory().putInt(args.asAddress(2), credentials.savedUser());
        return 0;
    }

    /** getresgid(2). */
    static long getresgid(Task task, SyscallArguments args) throws ErrnoException {
        var credentials = task.credentials();
        task.memory().putInt(args.asAddress(0), credentials.realGroup());
        task.memory().putInt(args.asAddress(1), credentials.effectiveGroup());
        task.memory().putInt(args.asAddress(2), credentials.savedGroup());
        return 0;
    }

    /** setuid(2). */
    static long setuid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setUser(args.asInt(0)));
    }

    /** setgid(2). */
    static long setgid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setGroup(args.asInt(0)));
    }

    /** setreuid(2). */
    static long setreuid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setRealEffectiveUser(args.asInt(0), args.asInt(1)));
    }

    /** setregid(2). */
    static long setregid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setRealEffectiveGroup(args.asInt(0), args.asInt(1)));
    }

    /** setresuid(2). */
    static long setresuid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setUsers(args.asInt(0), args.asInt(1), args.asInt(2)));
    }

    /** setresgid(2). */
    static long setresgid(Task task, SyscallArguments args) throws ErrnoException {
        return become(task, change(task).setGroups(args.asInt(0), args.asInt(1), args.asInt(2)));
    }

    /** setfsuid(2): answers the old id, also when it fails. */
    static long setfsuid(Task task, SyscallArguments args) {
        int user = args.asInt(0);
        int old = task.credentials().fileSystemUser();
        if (user != KEEP) {
            task.setCredentials(change(task).setFileSystemUser(user));
        }
        return old & 0xffffffffL;
    }

    /** setfsgid(2): answers the old id, also when it fails. */
    static long setfsgid(Task task, SyscallArguments args) {
        int group = args.asInt(0);
        int old = task.credentials().fileSystemGroup();
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
            task.memory().putInt(address + 4L * i, groups[i]);
        }
        return groups.length;
    }

    /** setgroups(2). */
    static long setgroups(Task task, SyscallArguments args) throws ErrnoException {
        int count = args.asInt(0);
        long address = args.asAddress(1);
        var change = change(task);
        change.checkSetGroups();
        if (count < 0 || count > NGROUPS_MAX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int[] groups = new int[count];
        for (int i = 0; i < count; i++) {
            groups[i] = task.memory().getInt(address + 4L * i);
        }
        return become(task, change.setSupplementaryGroups(groups));
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
