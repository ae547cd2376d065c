package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayDeque;

/** The name of a place, from a root down: for getcwd(2), /proc/PID/cwd, /proc/PID/fd and /proc/mounts. */
public final class PathName {
    /** As much as is put together; a tree can be deeper than any path is long. */
    private static final int LIMIT_BYTES = 64 * 1024;

    private PathName() {}

    /**
     * Name of {@code path} as links of /proc show it: with " (deleted)" if it has been removed.
     *
     * @param root what "/" is
     */
    public static String of(Path root, Path path) {
        if (path.dentry().isAnonymous()) {
            return path.dentry().isDeleted()
                    ? path.dentry().name() + " (deleted)"
                    : path.dentry().name();
        }
        var text = new StringBuilder();
        boolean reached = build(root, path, text);
        if (!reached) {
            text.insert(0, "(unreachable)");
        }
        if (path.dentry().isDeleted()) {
            text.append(" (deleted)");
        }
        return text.toString();
    }

    /** Name of {@code path} from the very top down, whatever anybody's root is; for /proc/PID/maps. */
    public static String fromTop(Path path) {
        MountNamespace namespace = path.mount().namespace();
        if (namespace == null) {
            return of(path, path);
        }
        return of(namespace.rootPath(), path);
    }

    /** Name of an open file, as /proc/PID/fd shows it; also of pipes and the like, which have no path. */
    public static String of(Path root, OpenFile file) {
        if (file.path() != null) {
            return of(root, file.path());
        }
        if (file.inode() instanceof AnonymousInode inode) {
            return inode.linkName();
        }
        return "anon_inode:[unknown]";
    }

    /**
     * Name of the working directory as getcwd(2) gives it.
     *
     * @throws ErrnoException ENOENT if it has been removed
     */
    public static String ofWorkingDirectory(Path root, Path path) throws ErrnoException {
        if (path.dentry().isDeleted()) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        var text = new StringBuilder();
        return build(root, path, text) ? text.toString() : "(unreachable)" + text;
    }

    private static boolean build(Path root, Path path, StringBuilder text) {
        var names = new ArrayDeque<String>();
        int length = 0;
        boolean reached = false;
        Mount mount = path.mount();
        Dentry dentry = path.dentry();
        while (length < LIMIT_BYTES) {
            if (mount == root.mount() && dentry == root.dentry()) {
                reached = true;
                break;
            }
            if (dentry == mount.root()) {
                Path place = mount.place();
                if (place == null) {
                    break;
                }
                mount = place.mount();
                dentry = place.dentry();
                continue;
            }
            if (dentry.isRoot()) {
                break;
            }
            names.push(dentry.name());
            length += dentry.name().length() + 1;
            dentry = dentry.parent();
        }
        for (String name : names) {
            text.append('/').append(name);
        }
        if (names.isEmpty()) {
            text.append('/');
        }
        return reached;
    }
}
