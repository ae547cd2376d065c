package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/**
 * The walk along a path, name by name; path_resolution(7), openat2(2). Lives for one call.
 *
 * <p>The caller's root is never left upward, links are followed 40 times at most, and each directory on the way must be
 * searchable.
 */
public final class PathWalk {
    /** If the last name is a symbolic link, go where it leads. */
    public static final int FOLLOW = 1;

    /** The path must lead to a directory. */
    public static final int DIRECTORY = 2;

    /** An empty path stands for the start; AT_EMPTY_PATH. */
    public static final int EMPTY_PATH = 4;

    /** RESOLVE_NO_XDEV: no mount is crossed. */
    public static final int NO_CROSSING = 0x100;

    /** RESOLVE_NO_MAGICLINKS: links of /proc that lead without a path are not followed. */
    public static final int NO_MAGIC_LINKS = 0x200;

    /** RESOLVE_NO_SYMLINKS: no link is followed. */
    public static final int NO_LINKS = 0x400;

    /** RESOLVE_BENEATH: the walk stays at and below its start. */
    public static final int BENEATH = 0x800;

    /** RESOLVE_IN_ROOT: the start is the root of the walk. */
    public static final int IN_ROOT = 0x1000;

    private static final int LINKS_LIMIT = 40;

    /**
     * Where a walk stopped before its last name.
     *
     * @param directory the directory that the last name is in
     * @param name the last name; "." and ".." are what they are, and "" means that the path was a root
     * @param slash whether slashes follow the name
     */
    public record Last(Path directory, String name, boolean slash) {
        /** Whether the last name is one that a file can be made by. */
        public boolean isOrdinary() {
            return !name.isEmpty() && !name.equals(".") && !name.equals("..");
        }
    }

    private final Caller caller;
    private final Credentials credentials;
    private final Path root;
    private final int flags;
    private Path here;
    private String rest;
    private int at;
    private int linksLeft = LINKS_LIMIT;

    /**
     * @param start where a relative path starts
     * @param flags those above; {@link #FOLLOW} and {@link #DIRECTORY} are about the last name
     * @throws ErrnoException ENOENT if the path is empty, ENOTDIR if the start is no directory
     */
    PathWalk(Caller caller, Path start, String path, int flags) throws ErrnoException {
        if (path.isEmpty() && (flags & EMPTY_PATH) == 0) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        if (path.length() >= Fcntl.PATH_MAX) {
            throw ErrnoException.of(Errno.ENAMETOOLONG);
        }
        this.caller = caller;
        this.credentials = caller.credentials();
        this.root = (flags & (IN_ROOT | BENEATH)) != 0 ? start : caller.root();
        this.flags = flags;
        this.here = start;
        begin(path);
    }

    /** Finds the file that {@code path} names. */
    public static Path resolve(Caller caller, Path start, String path, int flags) throws ErrnoException {
        return new PathWalk(caller, start, path, flags).toEnd();
    }

    /** Finds the directory that the last name of {@code path} is in. */
    public static Last resolveParent(Caller caller, Path start, String path, int flags) throws ErrnoException {
        return new PathWalk(caller, start, path, flags & ~EMPTY_PATH).toLast();
    }

    private void begin(String path) throws ErrnoException {
        rest = path;
        at = 0;
        if (!path.isEmpty() && path.charAt(0) == '/') {
            if ((flags & BENEATH) != 0) {
                throw ErrnoException.of(Errno.EXDEV);
            }
            jump(root);
        }
    }

    private void jump(Path place) throws ErrnoException {
        checkCrossing(place);
        here = place;
    }

    private void checkCrossing(Path place) throws ErrnoException {
        if ((flags & NO_CROSSING) != 0 && place.mount() != here.mount()) {
            throw ErrnoException.of(Errno.EXDEV);
        }
    }

    private Path toEnd() throws ErrnoException {
        while (true) {
            Last last = toLast();
            Path found = last.isOrdinary() ? child(last.name()) : special(last.name());
            if (found == null) {
                throw ErrnoException.of(Errno.ENOENT);
            }
            boolean follows = last.isOrdinary() && ((flags & FOLLOW) != 0 || last.slash());
            if (follows && found.inode().type() == FileMode.S_IFLNK) {
                if (!follow(found, last.slash() ? "/" : "")) {
                    continue;
                }
                found = here;
            }
            if ((last.slash() || (flags & DIRECTORY) != 0) && found.inode().type() != FileMode.S_IFDIR) {
                throw ErrnoException.of(Errno.ENOTDIR);
            }
            return found;
        }
    }

    /** Walks until only the last name is left. */
    Last toLast() throws ErrnoException {
        while (true) {
            while (at < rest.length() && rest.charAt(at) == '/') {
                at++;
            }
            if (at == rest.length()) {
                return new Last(here, "", false);
            }
            int end = rest.indexOf('/', at);
            if (end < 0) {
                end = rest.length();
            }
            if (end - at > Fcntl.NAME_MAX) {
                throw ErrnoException.of(Errno.ENAMETOOLONG);
            }
            String name = at == 0 && end == rest.length() ? rest : rest.substring(at, end);
            int next = end;
            while (next < rest.length() && rest.charAt(next) == '/') {
                next++;
            }
            checkSearch();
            if (next == rest.length()) {
                at = next;
                return new Last(here, name, end < next);
            }
            at = next;
            step(name);
        }
    }

    /** Goes down, or with ".." up, one name that is not the last. */
    private void step(String name) throws ErrnoException {
        if (name.equals(".") || name.equals("..")) {
            here = special(name);
            return;
        }
        Path found = child(name);
        if (found == null) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        if (found.inode().type() == FileMode.S_IFLNK) {
            follow(found, "/" + rest.substring(at));
        } else {
            here = found;
        }
    }

    private void checkSearch() throws ErrnoException {
        Inode inode = here.inode();
        if (inode.type() != FileMode.S_IFDIR) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }
        Permission.check(credentials, inode.attributes(), Permission.EXECUTE);
    }

    /** What "", "." or ".." stands for. */
    Path special(String name) throws ErrnoException {
        if (!name.equals("..")) {
            return here;
        }
        Path place = here;
        if (isAt(root, place)) {
            if ((flags & BENEATH) != 0) {
                throw ErrnoException.of(Errno.EXDEV);
            }
            return place;
        }
        while (place.dentry() == place.mount().root()) {
            Path below = place.mount().place();
            if (below == null) {
                return place;
            }
            place = below;
            if (isAt(root, place)) {
                return place; // the root itself is mounted over
            }
        }
        Path parent = new Path(place.mount(), place.dentry().parent());
        if (parent.mount().namespace() != null) {
            parent = parent.mount().namespace().top(parent);
        }
        checkCrossing(parent);
        return parent;
    }

    private static boolean isAt(Path one, Path other) {
        return one.dentry() == other.dentry() && one.mount() == other.mount();
    }

    /** The child of this name, with what is mounted on it; null if there is none. */
    Path child(String name) throws ErrnoException {
        Dentry child = here.dentry().child(caller, name);
        if (child == null) {
            return null;
        }
        var path = new Path(here.mount(), child);
        if (child.isMountPoint() && here.mount().namespace() != null) {
            path = here.mount().namespace().top(path);
            checkCrossing(path);
        }
        return path;
    }

    /**
     * Follows a link.
     *
     * @param behind what comes behind the link in the path
     * @return true if the walk has arrived, {@link #here}; false if it goes on along the link's target
     */
    boolean follow(Path link, String behind) throws ErrnoException {
        if ((flags & NO_LINKS) != 0 || linksLeft-- == 0) {
            throw ErrnoException.of(Errno.ELOOP);
        }
        Inode inode = link.inode();
        Path target = inode.followMagicLink(caller);
        if (target != null) {
            if ((flags & NO_MAGIC_LINKS) != 0) {
                throw ErrnoException.of(Errno.ELOOP);
            }
            if ((flags & (BENEATH | IN_ROOT)) != 0) {
                throw ErrnoException.of(Errno.EXDEV);
            }
            jump(target);
            return true;
        }
        String text = inode.readLink(caller);
        if (text.isEmpty()) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        begin(text + behind);
        return false;
    }

    Path here() {
        return here;
    }

    int flags() {
        return flags;
    }
}
