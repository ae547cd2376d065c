package dev.picket.sentry.fs.dev;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;

/** Fills the file system that is mounted on /dev, before anybody sees it. */
public final class DeviceNodes {
    private DeviceNodes() {}

    /**
     * Makes the nodes, links and mount points (pts, shm, mqueue) that a container expects in /dev.
     *
     * @param caller on whose behalf; its rights are not looked at
     * @param fileSystem an empty file system that can be written
     */
    public static void make(Caller caller, FileSystem fileSystem) throws ErrnoException {
        var root = fileSystem.root();
        device(caller, root, "null", DeviceRegistry.NULL, 0666);
        device(caller, root, "zero", DeviceRegistry.ZERO, 0666);
        device(caller, root, "full", DeviceRegistry.FULL, 0666);
        device(caller, root, "random", DeviceRegistry.RANDOM, 0666);
        device(caller, root, "urandom", DeviceRegistry.URANDOM, 0666);
        device(caller, root, "tty", DeviceRegistry.TTY, 0666);
        device(caller, root, "console", DeviceRegistry.CONSOLE, 0620);
        link(caller, root, "ptmx", "pts/ptmx");
        link(caller, root, "fd", "/proc/self/fd");
        link(caller, root, "stdin", "/proc/self/fd/0");
        link(caller, root, "stdout", "/proc/self/fd/1");
        link(caller, root, "stderr", "/proc/self/fd/2");
        directory(caller, root, "pts", 0755);
        directory(caller, root, "shm", 01777);
        directory(caller, root, "mqueue", 01777);
    }

    private static void device(Caller caller, Inode root, String name, long number, int mode) throws ErrnoException {
        root.create(caller, name, new CreateRequest(FileMode.S_IFCHR | mode, 0, 0, number, null));
    }

    private static void link(Caller caller, Inode root, String name, String target) throws ErrnoException {
        root.create(caller, name, new CreateRequest(FileMode.S_IFLNK | 0777, 0, 0, 0, target));
    }

    private static void directory(Caller caller, Inode root, String name, int mode) throws ErrnoException {
        root.create(caller, name, new CreateRequest(FileMode.S_IFDIR | mode, 0, 0, 0, null));
    }
}
