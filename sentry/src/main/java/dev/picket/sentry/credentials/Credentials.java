package dev.picket.sentry.credentials;

import java.util.Arrays;

/**
 * Who a task is: user and group ids, supplementary groups and capabilities; see credentials(7) and capabilities(7).
 * Immutable: a change makes a new one, so a check looks at one consistent state.
 *
 * <p>Ids are those of the sandbox, whatever the user namespace shows in their place. Capabilities count in the user
 * namespace ({@code null} for the sandbox's own) and those below it.
 *
 * <p>Capability sets are bit sets: bit {@code n} is capability number {@code n} of {@code linux/capability.h}.
 */
public record Credentials(
        int realUser,
        int effectiveUser,
        int savedUser,
        int fileSystemUser,
        int realGroup,
        int effectiveGroup,
        int savedGroup,
        int fileSystemGroup,
        int[] groups,
        long permitted,
        long effective,
        long inheritable,
        long bounding,
        long ambient,
        UserNamespace userNamespace) {

    public static final int CAP_CHOWN = 0;
    public static final int CAP_DAC_OVERRIDE = 1;
    public static final int CAP_DAC_READ_SEARCH = 2;
    public static final int CAP_FOWNER = 3;
    public static final int CAP_FSETID = 4;
    public static final int CAP_KILL = 5;
    public static final int CAP_SETGID = 6;
    public static final int CAP_SETUID = 7;
    public static final int CAP_SETPCAP = 8;
    public static final int CAP_NET_BIND_SERVICE = 10;
    public static final int CAP_NET_ADMIN = 12;
    public static final int CAP_NET_RAW = 13;
    public static final int CAP_IPC_LOCK = 14;
    public static final int CAP_IPC_OWNER = 15;
    public static final int CAP_SYS_CHROOT = 18;
    public static final int CAP_SYS_PTRACE = 19;
    public static final int CAP_SYS_ADMIN = 21;
    public static final int CAP_SYS_NICE = 23;
    public static final int CAP_SYS_RESOURCE = 24;
    public static final int CAP_SYS_TIME = 25;
    public static final int CAP_SYS_TTY_CONFIG = 26;
    public static final int CAP_MKNOD = 27;
    public static final int CAP_AUDIT_WRITE = 29;
    public static final int CAP_SETFCAP = 31;
    public static final int CAP_LAST = 40;

    /** The capabilities that Docker gives a container by default. */
    public static final long DOCKER_DEFAULT = bits(
            CAP_CHOWN,
            CAP_DAC_OVERRIDE,
            CAP_FSETID,
            CAP_FOWNER,
            CAP_MKNOD,
            CAP_NET_RAW,
            CAP_SETGID,
            CAP_SETUID,
            CAP_SETFCAP,
            CAP_SETPCAP,
            CAP_NET_BIND_SERVICE,
            CAP_SYS_CHROOT,
            CAP_KILL,
            CAP_AUDIT_WRITE);

    /** Credentials of a container's first process: {@code capabilities} if it is root, none otherwise. */
    public static Credentials initial(int user, int group, int[] groups, long capabilities) {
        long held = user == 0 ? capabilities : 0;
        return new Credentials(
                user,
                user,
                user,
                user,
                group,
                group,
                group,
                group,
                groups.clone(),
                held,
                held,
                0,
                capabilities,
                0,
                null);
    }

    /** Whether {@code capability} is effective in the whole sandbox: not so for root of a user namespace below it. */
    public boolean has(int capability) {
        return userNamespace == null && holds(capability);
    }

    /** Whether {@code capability} is effective in the own user namespace, whichever that is. */
    public boolean holds(int capability) {
        return (effective >>> capability & 1) != 0;
    }

    /** Whether {@code capability} counts in user namespace {@code space}: in the own one, and as owner of one below it. */
    public boolean holdsIn(UserNamespace space, int capability) {
        for (var here = space; ; here = here.parent()) {
            if (here == userNamespace) {
                return holds(capability);
            }
            if (here == null) {
                return false;
            }
            if (here.parent() == userNamespace && here.ownerUser() == effectiveUser) {
                return true;
            }
        }
    }

    /** Whether {@code capability} counts for a file of this owner: both ids must be known in the own user namespace. */
    public boolean holdsOver(int user, int group, int capability) {
        return holds(capability)
                && UserNamespace.mapsUser(userNamespace, user)
                && UserNamespace.mapsGroup(userNamespace, group);
    }

    /** The user who is root here, as the sandbox knows it; {@link IdMap#NONE} if there is none. */
    public int rootUser() {
        return UserNamespace.userOutside(userNamespace, 0);
    }

    /** The same as root of {@code space}, a new namespace or one that is entered: with all capabilities in it. */
    public Credentials within(UserNamespace space) {
        long all = (1L << CAP_LAST + 1) - 1;
        return new Credentials(
                realUser,
                effectiveUser,
                savedUser,
                fileSystemUser,
                realGroup,
                effectiveGroup,
                savedGroup,
                fileSystemGroup,
                groups,
                all,
                all,
                0,
                all,
                0,
                space);
    }

    /** Whether {@code group} is the file-system group or a supplementary one. */
    public boolean inGroup(int group) {
        if (group == fileSystemGroup) {
            return true;
        }
        for (int member : groups) {
            if (member == group) {
                return true;
            }
        }
        return false;
    }

    private static long bits(int... capabilities) {
        return Arrays.stream(capabilities)
                .mapToLong(capability -> 1L << capability)
                .reduce(0, (a, b) -> a | b);
    }
}
