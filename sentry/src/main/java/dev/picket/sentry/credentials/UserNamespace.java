package dev.picket.sentry.credentials;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * A user namespace below the sandbox's own: who is root in it, and what its ids are outside; see user_namespaces(7). The
 * sandbox's own one is {@code null} everywhere. Any thread may call.
 */
public final class UserNamespace {
    /** What an id shows as that is not mapped: overflowuid of proc(5). */
    public static final int OVERFLOW_ID = 65_534;

    /** How deep namespaces may nest. */
    private static final int DEPTH_LIMIT = 32;

    private final UserNamespace parent;
    private final int ownerUser;
    private final int ownerGroup;
    private final int depth;
    private final long number;
    private final boolean parentCouldSetCapabilities;
    private volatile IdMap users;
    private volatile IdMap groups;
    private volatile boolean groupsDenied;

    /**
     * A namespace below that of {@code maker}, who owns it.
     *
     * @param number the inode number of /proc/PID/ns/user
     * @throws ErrnoException ENOSPC if namespaces nest too deep, EPERM if the maker has no ids in his own
     */
    public UserNamespace(Credentials maker, long number) throws ErrnoException {
        this.parent = maker.userNamespace();
        this.ownerUser = maker.effectiveUser();
        this.ownerGroup = maker.effectiveGroup();
        this.depth = parent == null ? 1 : parent.depth + 1;
        this.number = number;
        this.parentCouldSetCapabilities = maker.holds(Credentials.CAP_SETFCAP);
        this.groupsDenied = parent != null && parent.groupsDenied;
        if (depth > DEPTH_LIMIT) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        if (!mapsUser(parent, ownerUser) || !mapsGroup(parent, ownerGroup)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    /** The namespace above; null for the sandbox's own. */
    public UserNamespace parent() {
        return parent;
    }

    /** The user, as the sandbox knows it, who made this. */
    public int ownerUser() {
        return ownerUser;
    }

    public int ownerGroup() {
        return ownerGroup;
    }

    public long number() {
        return number;
    }

    /** Whether the maker could have given files capabilities, as mapping the parent's root takes. */
    public boolean parentCouldSetCapabilities() {
        return parentCouldSetCapabilities;
    }

    /** The map of user ids; null before it was written. */
    public IdMap users() {
        return users;
    }

    public IdMap groups() {
        return groups;
    }

    /** Sets the map of user ids; EPERM if there is one already. */
    public synchronized void setUsers(IdMap map) throws ErrnoException {
        if (users != null) {
            throw ErrnoException.of(Errno.EPERM);
        }
        users = map;
    }

    public synchronized void setGroups(IdMap map) throws ErrnoException {
        if (groups != null) {
            throw ErrnoException.of(Errno.EPERM);
        }
        groups = map;
    }

    /** Whether setgroups(2) is refused for good. */
    public boolean deniesGroups() {
        return groupsDenied;
    }

    /** /proc/PID/setgroups: EPERM if it was denied and is to be allowed, or if groups are mapped and it is to be denied. */
    public synchronized void setGroupsDenied(boolean deny) throws ErrnoException {
        if (deny ? groups != null && !groupsDenied : groupsDenied) {
            throw ErrnoException.of(Errno.EPERM);
        }
        groupsDenied = deny;
    }

    /** Whether {@code space} is {@code ancestor} or below it. */
    public static boolean isWithin(UserNamespace space, UserNamespace ancestor) {
        for (var here = space; here != null; here = here.parent) {
            if (here == ancestor) {
                return true;
            }
        }
        return ancestor == null;
    }

    /** The sandbox's id for a user id of {@code space}; {@link IdMap#NONE} if it is not mapped. */
    public static int userOutside(UserNamespace space, int user) {
        if (space == null) {
            return user;
        }
        var map = space.users;
        return map == null ? IdMap.NONE : map.outside(user);
    }

    public static int groupOutside(UserNamespace space, int group) {
        if (space == null) {
            return group;
        }
        var map = space.groups;
        return map == null ? IdMap.NONE : map.outside(group);
    }

    public static boolean mapsUser(UserNamespace space, int user) {
        return space == null || space.users != null && space.users.inside(user) != IdMap.NONE;
    }

    public static boolean mapsGroup(UserNamespace space, int group) {
        return space == null || space.groups != null && space.groups.inside(group) != IdMap.NONE;
    }

    /** What a user of the sandbox shows as in {@code space}. */
    public static int userInside(UserNamespace space, int user) {
        if (space == null) {
            return user;
        }
        var map = space.users;
        int inside = map == null ? IdMap.NONE : map.inside(user);
        return inside == IdMap.NONE ? OVERFLOW_ID : inside;
    }

    public static int groupInside(UserNamespace space, int group) {
        if (space == null) {
            return group;
        }
        var map = space.groups;
        int inside = map == null ? IdMap.NONE : map.inside(group);
        return inside == IdMap.NONE ? OVERFLOW_ID : inside;
    }
}
