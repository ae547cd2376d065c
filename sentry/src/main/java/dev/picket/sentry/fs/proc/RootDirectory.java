package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedLink;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** /proc itself: files about the kernel, and a directory for each process. */
final class RootDirectory extends GeneratedDirectory {
    private static final int MAXIMUM_DIGITS = 8;

    private final ProcFileSystem fileSystem;
    private final Kernel kernel;

    // Made when first looked up; those of processes that are gone are thrown out when one is added.
    private final Map<Integer, ProcessDirectory> processes = new HashMap<>();

    RootDirectory(ProcFileSystem fileSystem, Kernel kernel, ProcessorDescription processor) {
        super(fileSystem, 0555, Owner.ROOT);
        this.fileSystem = fileSystem;
        this.kernel = kernel;
        add("self", new GeneratedLink(fileSystem, 0777, Owner.ROOT, RootDirectory::callersProcess));
        add("thread-self", new GeneratedLink(fileSystem, 0777, Owner.ROOT, RootDirectory::callersThread));
        add("mounts", GeneratedLink.to(fileSystem, "self/mounts"));
        add("net", GeneratedLink.to(fileSystem, "self/net"));
        new KernelFiles(kernel, processor).addTo(this);
        add("sysvipc", new SystemVIpcFiles(kernel.ipc()).addTo(GeneratedDirectory.of(fileSystem)));
        add("sys", new SystemSettings(fileSystem, kernel).directory());
    }

    private static String callersProcess(Caller caller) throws ErrnoException {
        return Integer.toString(taskOf(caller).group().id());
    }

    private static String callersThread(Caller caller) throws ErrnoException {
        return callersProcess(caller) + "/task/" + taskOf(caller).id();
    }

    private static Task taskOf(Caller caller) throws ErrnoException {
        if (caller instanceof Task task) {
            return task;
        }
        throw ErrnoException.of(Errno.ENOENT);
    }

    /** The number that a name in /proc is, or -1: only digits, no leading zeros. */
    static int parseId(String name) {
        if (name.isEmpty() || name.length() > MAXIMUM_DIGITS || name.charAt(0) == '0' && name.length() > 1) {
            return -1;
        }
        for (int index = 0; index < name.length(); index++) {
            if (name.charAt(index) < '0' || name.charAt(index) > '9') {
                return -1;
            }
        }
        return Integer.parseInt(name);
    }

    @Override
    protected boolean isDynamic() {
        return true;
    }

    @Override
    protected Inode lookupDynamic(Caller caller, String name) {
        int id = parseId(name);
        if (id <= 0) {
            return null;
        }
        // Threads can be looked up too, though they are not listed.
        var process = kernel.processes().process(id);
        if (process == null) {
            var task = kernel.processes().task(id);
            process = task == null ? null : task.group();
        }
        return process == null ? null : directoryOf(process);
    }

    private ProcessDirectory directoryOf(ThreadGroup process) {
        synchronized (processes) {
            var known = processes.get(process.id());
            if (known != null && known.subject().process() == process) {
                return known;
            }
            processes
                    .values()
                    .removeIf(other ->
                            kernel.processes().process(other.subject().process().id())
                                    != other.subject().process());
            var made = new ProcessDirectory(fileSystem, new Subject(process, null));
            processes.put(process.id(), made);
            return made;
        }
    }

    @Override
    protected List<DynamicEntry> dynamicEntries(Caller caller, long from) {
        List<DynamicEntry> entries = new ArrayList<>();
        for (var process : kernel.processes().all()) {
            if (process.id() >= from) {
                entries.add(new DynamicEntry(process.id(), Integer.toString(process.id()), FileMode.S_IFDIR));
            }
        }
        return entries;
    }
}
