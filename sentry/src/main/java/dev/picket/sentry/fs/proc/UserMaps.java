package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.IdMap;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import java.util.ArrayList;
import java.util.List;

/** uid_map, gid_map and setgroups of a process: the ids of its user namespace; see user_namespaces(7). */
final class UserMaps {
    private static final long UNSIGNED_MAXIMUM = 0xffffffffL;

    private final Subject subject;

    UserMaps(Subject subject) {
        this.subject = subject;
    }

    private UserNamespace space() throws ErrnoException {
        subject.checkExists();
        return subject.task().credentials().userNamespace();
    }

    void users(Caller reader, StringBuilder text) throws ErrnoException {
        var space = space();
        show(reader, text, space, space == null ? null : space.users(), true);
    }

    void groups(Caller reader, StringBuilder text) throws ErrnoException {
        var space = space();
        show(reader, text, space, space == null ? null : space.groups(), false);
    }

    private static void show(Caller reader, StringBuilder text, UserNamespace space, IdMap map, boolean users) {
        if (space == null) {
            line(text, 0, 0, UNSIGNED_MAXIMUM);
            return;
        }
        if (map == null) {
            return;
        }
        var seen = reader.credentials().userNamespace();
        var lower = seen == space ? space.parent() : seen;
        for (var range : map.ranges()) {
            int outside = users
                    ? UserNamespace.userInside(lower, range.outside())
                    : UserNamespace.groupInside(lower, range.outside());
            line(text, range.inside() & UNSIGNED_MAXIMUM, outside & UNSIGNED_MAXIMUM, range.count() & UNSIGNED_MAXIMUM);
        }
    }

    private static void line(StringBuilder text, long inside, long outside, long count) {
        text.append(String.format("%10d %10d %10d\n", inside, outside, count));
    }

    void setUsers(Caller writer, String text) throws ErrnoException {
        var space = checkedSpace(writer);
        if (space.users() != null) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var ranges = parse(text);
        checkPermitted(writer, space, ranges, true);
        space.setUsers(new IdMap(toSandbox(space, ranges, true)));
    }

    void setGroups(Caller writer, String text) throws ErrnoException {
        var space = checkedSpace(writer);
        if (space.groups() != null) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var ranges = parse(text);
        checkPermitted(writer, space, ranges, false);
        space.setGroups(new IdMap(toSandbox(space, ranges, false)));
    }

    /** EPERM unless the writer has CAP_SYS_ADMIN in the namespace, and is in it or right above. */
    private UserNamespace checkedSpace(Caller writer) throws ErrnoException {
        var space = space();
        var own = writer.credentials().userNamespace();
        if (space == null
                || own != space && own != space.parent()
                || !writer.credentials().holdsIn(space, Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return space;
    }

    private static List<IdMap.Range> parse(String text) throws ErrnoException {
        List<IdMap.Range> ranges = new ArrayList<>();
        for (String line : text.split("\n")) {
            String[] fields = line.trim().split("[ \t]+");
            if (fields.length == 1 && fields[0].isEmpty() && !ranges.isEmpty()) {
                continue;
            }
            if (fields.length != 3 || ranges.size() == IdMap.RANGES_LIMIT) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            ranges.add(new IdMap.Range(number(fields[0]), number(fields[1]), number(fields[2])));
        }
        new IdMap(ranges.toArray(IdMap.Range[]::new)); // EINVAL comes before questions of permission
        return ranges;
    }

    private static int number(String text) throws ErrnoException {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** new_idmap_permitted() of Linux: the own id may be mapped by anybody, others take a capability in the parent. */
    private static void checkPermitted(Caller writer, UserNamespace space, List<IdMap.Range> ranges, boolean users)
            throws ErrnoException {
        var who = writer.credentials();
        var first = ranges.get(0);
        boolean single = ranges.size() == 1 && first.count() == 1;
        if (users && mapsRoot(ranges) && !maySetCapabilities(who, space)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (single && space.ownerUser() == who.effectiveUser()) {
            boolean own = users
                    ? UserNamespace.userOutside(space.parent(), first.outside()) == who.effectiveUser()
                    : space.deniesGroups()
                            && UserNamespace.groupOutside(space.parent(), first.outside()) == who.effectiveGroup();
            if (own) {
                return;
            }
        }
        if (!who.holdsIn(space.parent(), users ? Credentials.CAP_SETUID : Credentials.CAP_SETGID)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    private static boolean mapsRoot(List<IdMap.Range> ranges) {
        return ranges.stream().anyMatch(range -> range.outside() == 0);
    }

    private static boolean maySetCapabilities(Credentials who, UserNamespace space) {
        return who.userNamespace() == space
                ? space.parentCouldSetCapabilities()
                : who.holdsIn(space.parent(), Credentials.CAP_SETFCAP);
    }

    /** The ranges with ids of the sandbox in place of those of the parent; EPERM if the parent does not have them all. */
    private static IdMap.Range[] toSandbox(UserNamespace space, List<IdMap.Range> ranges, boolean users)
            throws ErrnoException {
        var result = new IdMap.Range[ranges.size()];
        for (int i = 0; i < result.length; i++) {
            var range = ranges.get(i);
            int start = outside(space.parent(), range.outside(), users);
            int last = outside(space.parent(), range.outside() + range.count() - 1, users);
            // Ranges of the parent that lie side by side inside need not do so outside.
            if (space.parent() != null && (start == IdMap.NONE || last - start != range.count() - 1)) {
                throw ErrnoException.of(Errno.EPERM);
            }
            result[i] = new IdMap.Range(range.inside(), start, range.count());
        }
        return result;
    }

    private static int outside(UserNamespace space, int id, boolean users) {
        return users ? UserNamespace.userOutside(space, id) : UserNamespace.groupOutside(space, id);
    }

    /** The file setgroups. */
    void groupsPermission(Caller reader, StringBuilder text) throws ErrnoException {
        var space = space();
        text.append(space != null && space.deniesGroups() ? "deny\n" : "allow\n");
    }

    void setGroupsPermission(Caller writer, String text) throws ErrnoException {
        var space = space();
        String word = text.strip();
        if (!word.equals("allow") && !word.equals("deny")) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (space == null || !writer.credentials().holdsIn(space, Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        space.setGroupsDenied(word.equals("deny"));
    }
}
