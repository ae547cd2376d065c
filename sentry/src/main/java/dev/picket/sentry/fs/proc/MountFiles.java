package dev.picket.sentry.fs.proc;

import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Dentry;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;

/** mounts and mountinfo of a process: the mounts that it can reach from its root. */
final class MountFiles {
    private final Subject subject;

    MountFiles(Subject subject) {
        this.subject = subject;
    }

    /** The file mounts, which /proc/mounts leads to; see fstab(5). */
    void mounts(Caller reader, StringBuilder text) {
        for (var mount : subject.task().namespaces().mount().mounts().mounts()) {
            String place = placeOf(mount);
            if (place == null) {
                continue;
            }
            var fileSystem = mount.fileSystem();
            text.append(escape(mount.source()))
                    .append(' ')
                    .append(escape(place))
                    .append(' ');
            text.append(fileSystem.type()).append(' ').append(mount.isReadOnly() ? "ro" : "rw");
            options(mount, text);
            text.append(fileSystem.mountOptions()).append(" 0 0\n");
        }
    }

    /** The file mountinfo; see proc_pid_mountinfo(5). */
    void mountInfo(Caller reader, StringBuilder text) {
        for (var mount : subject.task().namespaces().mount().mounts().mounts()) {
            String place = placeOf(mount);
            if (place == null) {
                continue;
            }
            var fileSystem = mount.fileSystem();
            int parent = mount.parent() == null ? mount.id() : mount.parent().id();
            text.append(mount.id()).append(' ').append(parent).append(' ');
            text.append(fileSystem.device() >>> 8 & 0xfff).append(':').append(fileSystem.device() & 0xff);
            text.append(' ')
                    .append(escape(nameIn(mount.root())))
                    .append(' ')
                    .append(escape(place))
                    .append(' ');
            text.append(mount.isReadOnly() ? "ro" : "rw");
            options(mount, text);
            text.append(" - ")
                    .append(fileSystem.type())
                    .append(' ')
                    .append(escape(mount.source()))
                    .append(' ');
            text.append(fileSystem.isReadOnly() ? "ro" : "rw")
                    .append(fileSystem.mountOptions())
                    .append('\n');
        }
    }

    /** Where a mount is as the process sees it; null if it cannot reach it. */
    private String placeOf(Mount mount) {
        var task = subject.task();
        if (task == null || task.hasEnded()) {
            return null;
        }
        var root = task.root();
        if (mount == root.mount() && mount.root() == root.dentry()) {
            return "/";
        }
        if (mount.parent() == null) {
            return null;
        }
        String name = PathName.of(root, new Path(mount.parent(), mount.mountPoint()));
        return name.startsWith("(") ? null : name;
    }

    private static String nameIn(Dentry dentry) {
        if (dentry.isRoot()) {
            return "/";
        }
        var name = new StringBuilder();
        for (var place = dentry; !place.isRoot(); place = place.parent()) {
            name.insert(0, "/" + place.name());
        }
        return name.toString();
    }

    private static void options(Mount mount, StringBuilder text) {
        text.append((mount.flags() & Mount.NO_SUID) != 0 ? ",nosuid" : "");
        text.append((mount.flags() & Mount.NO_DEVICES) != 0 ? ",nodev" : "");
        text.append((mount.flags() & Mount.NO_EXECUTE) != 0 ? ",noexec" : "");
        text.append(",relatime");
    }

    /** Blanks and backslashes in octal, so that a line keeps its columns; mangle() of fs/seq_file.c. */
    private static String escape(String name) {
        return name.replace("\\", "\\134")
                .replace(" ", "\\040")
                .replace("\t", "\\011")
                .replace("\n", "\\012");
    }
}
