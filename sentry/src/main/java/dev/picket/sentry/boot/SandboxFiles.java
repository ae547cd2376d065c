package dev.picket.sentry.boot;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.ImageFile;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.dev.DeviceNodes;
import dev.picket.sentry.fs.dev.DeviceRegistry;
import dev.picket.sentry.fs.dev.DevptsFileSystem;
import dev.picket.sentry.fs.erofs.ErofsFileSystem;
import dev.picket.sentry.fs.host.HostFileSystem;
import dev.picket.sentry.fs.overlay.OverlayFileSystem;
import dev.picket.sentry.fs.proc.ProcFileSystem;
import dev.picket.sentry.fs.sys.CgroupFileSystem;
import dev.picket.sentry.fs.sys.SysFileSystem;
import dev.picket.sentry.fs.tmpfs.HeapBudget;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The file systems of a sandbox: its root, and what is mounted on it. */
final class SandboxFiles {
    /** The largest share of guest memory that a file system without a limit of its own may take. */
    private static final int WHOLE = 1;

    private static final int HALF = 2;

    // Numbers of devices without a device, 0:N; those below are taken by pipes and the like.
    private static final long FIRST_DEVICE = 32;

    private final FrameAllocator frames;
    private final long memoryBytes;
    private final List<Integer> descriptors;
    private final HeapBudget heap = HeapBudget.ofThisProcess();
    private long nextDevice = FIRST_DEVICE;

    /** @param descriptors what came with the start command; each is used by what it is for */
    SandboxFiles(FrameAllocator frames, long memoryBytes, List<Integer> descriptors) {
        this.frames = frames;
        this.memoryBytes = memoryBytes;
        this.descriptors = new ArrayList<>(descriptors);
    }

    /** The root: what the command says, read-only, under a file system in memory. */
    MountNamespace openRoot(Command.Root root) throws ErrnoException {
        FileSystem lower = root instanceof Command.Root.Image image
                ? openImage(image)
                : openDirectories((Command.Root.HostDirectories) root);
        var upper = new TmpfsFileSystem(frames, nextDevice++, memoryBytes / WHOLE, 0755, heap);
        return new MountNamespace(new OverlayFileSystem(List.of(lower), upper, nextDevice++), 0, "overlay");
    }

    private FileSystem openImage(Command.Root.Image image) throws ErrnoException {
        ImageFile file = ImageFile.mapped(take(image.descriptorIndex()));
        return new ErofsFileSystem(file, file.lengthBytes(), frames, nextDevice++);
    }

    private FileSystem openDirectories(Command.Root.HostDirectories directories) throws ErrnoException {
        var files = new HostFileSystem(nextDevice++);
        for (Command.HostEntry entry : directories.entries()) {
            if (entry.linkTarget() != null) {
                files.addLink(entry.guestPath(), entry.linkTarget());
            } else {
                files.add(entry.guestPath(), take(entry.descriptorIndex()));
            }
        }
        return files;
    }

    private int take(int index) throws ErrnoException {
        if (index < 0 || index >= descriptors.size() || descriptors.get(index) < 0) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return descriptors.set(index, -1);
    }

    /** Closes the descriptors that nothing was made of. */
    void closeRest() {
        for (int descriptor : descriptors) {
            if (descriptor >= 0) {
                Host.close(descriptor);
            }
        }
        descriptors.clear();
    }

    /** Mounts what every container has, and what the command asks for. */
    DeviceRegistry mountAll(Kernel kernel, HostFacts facts, List<Command.Mount> more) throws ErrnoException {
        MountNamespace mounts = kernel.mounts();
        var registry = new DeviceRegistry(kernel.anonymousFiles().fifos(), kernel.terminals());
        mounts.setSpecialFiles(registry);
        Outsider caller = Outsider.almighty(mounts);

        int plain = Mount.NO_SUID | Mount.NO_DEVICES | Mount.NO_EXECUTE;
        mount(caller, mounts, "/proc", new ProcFileSystem(kernel, nextDevice++, facts.processor()), plain, "proc");
        mount(caller, mounts, "/sys", new SysFileSystem(kernel, nextDevice++), plain | Mount.READ_ONLY, "sysfs");
        mount(
                caller,
                mounts,
                "/sys/fs/cgroup",
                new CgroupFileSystem(kernel, nextDevice++),
                plain | Mount.READ_ONLY,
                "cgroup");
        var devices = new TmpfsFileSystem(frames, nextDevice++, 64L << 10, 0755, heap);
        DeviceNodes.make(caller, devices);
        mount(caller, mounts, "/dev", devices, Mount.NO_SUID, "tmpfs");
        mount(
                caller,
                mounts,
                "/dev/pts",
                new DevptsFileSystem(kernel.terminals(), nextDevice++),
                Mount.NO_SUID | Mount.NO_EXECUTE,
                "devpts");
        mount(caller, mounts, "/dev/mqueue", kernel.messageQueues(), plain, "mqueue");
        if (more.stream().noneMatch(mount -> mount.guestPath().equals("/dev/shm"))) {
            mountMemory(caller, mounts, "/dev/shm", memoryBytes / HALF, plain);
        }
        if (!exists(caller, "/tmp")) {
            makeDirectories(caller, "/tmp");
            setMode(caller, "/tmp", 01777);
        }
        for (Command.Mount mount : more) {
            mountOne(caller, mounts, mount);
        }
        return registry;
    }

    private void mountOne(Outsider caller, MountNamespace mounts, Command.Mount mount) throws ErrnoException {
        String path = GuestText.bytes(mount.guestPath());
        int flags = Mount.NO_SUID | Mount.NO_DEVICES | (mount.readOnly() ? Mount.READ_ONLY : 0);
        if (mount.descriptorIndex() < 0) {
            long limit = mount.sizeLimitBytes() > 0 ? mount.sizeLimitBytes() : memoryBytes / HALF;
            mountMemory(caller, mounts, path, limit, flags);
        } else {
            FileSystem files = HostFileSystem.of(nextDevice++, take(mount.descriptorIndex()));
            mount(caller, mounts, path, files, flags, "none");
        }
    }

    private void mountMemory(Outsider caller, MountNamespace mounts, String path, long limitBytes, int flags)
            throws ErrnoException {
        var files = new TmpfsFileSystem(frames, nextDevice++, limitBytes, 01777, heap);
        mount(caller, mounts, path, files, flags, "tmpfs");
    }

    private static void mount(
            Outsider caller, MountNamespace mounts, String path, FileSystem fileSystem, int flags, String source)
            throws ErrnoException {
        Path where = makeDirectories(caller, path);
        mounts.mount(where, fileSystem, flags, source);
    }

    private static boolean exists(Outsider caller, String path) {
        try {
            PathWalk.resolve(caller, caller.root(), path, PathWalk.FOLLOW);
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    /** The directory {@code path}, made with its parents where they are missing. */
    static Path makeDirectories(Outsider caller, String path) throws ErrnoException {
        StringBuilder soFar = new StringBuilder();
        for (String name : path.split("/")) {
            if (name.isEmpty()) {
                continue;
            }
            soFar.append('/').append(name);
            if (!exists(caller, soFar.toString())) {
                FileOperations.makeDirectory(caller, caller.root(), soFar.toString(), 0755);
            }
        }
        return PathWalk.resolve(
                caller,
                caller.root(),
                soFar.length() == 0 ? "/" : soFar.toString(),
                PathWalk.FOLLOW | PathWalk.DIRECTORY);
    }

    private static void setMode(Outsider caller, String path, int mode) throws ErrnoException {
        Path found = PathWalk.resolve(caller, caller.root(), path, PathWalk.FOLLOW);
        dev.picket.sentry.vfs.Metadata.changeMode(caller, found, FileMode.S_IFDIR | mode);
    }

    /** The files that Docker puts over an image's own: who the sandbox is. */
    static void writeIdentity(Outsider caller, String hostName) throws ErrnoException {
        makeDirectories(caller, "/etc");
        GuestText.replace(caller, "/etc/hostname", utf8(hostName + "\n"), 0644);
        GuestText.replace(
                caller,
                "/etc/hosts",
                utf8("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
                        + "ff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n127.0.0.1\t"
                        + hostName + "\n"),
                0644);
        // There is no network but the sandbox's own, and so nobody to ask.
        GuestText.replace(caller, "/etc/resolv.conf", new byte[0], 0644);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
