package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** /proc/PID/task. */
final class ThreadsDirectory extends GeneratedDirectory {
    private final Subject process;
    private final Map<Task, ProcessDirectory> directories = new HashMap<>();

    ThreadsDirectory(GeneratedFileSystem fileSystem, Subject process) {
        super(fileSystem, 0555, process.directoryOwner());
        this.process = process;
    }

    @Override
    protected boolean isDynamic() {
        return true;
    }

    @Override
    protected long links() {
        return 2L + process.process().tasks().size();
    }

    @Override
    protected Inode lookupDynamic(Caller caller, String name) {
        int id = RootDirectory.parseId(name);
        for (var task : process.process().tasks()) {
            if (task.id() == id) {
                return directoryOf(task);
            }
        }
        return null;
    }

    private ProcessDirectory directoryOf(Task task) {
        synchronized (directories) {
            var known = directories.get(task);
            if (known == null) {
                directories.keySet().removeIf(Task::hasEnded);
                known = new ProcessDirectory(generatedFileSystem(), new Subject(process.process(), task));
                directories.put(task, known);
            }
            return known;
        }
    }

    @Override
    protected List<DynamicEntry> dynamicEntries(Caller caller, long from) {
        List<DynamicEntry> entries = new ArrayList<>();
        for (var task : process.process().tasks()) {
            if (task.id() >= from) {
                entries.add(new DynamicEntry(task.id(), Integer.toString(task.id()), FileMode.S_IFDIR));
            }
        }
        entries.sort(Comparator.comparingLong(DynamicEntry::key));
        return entries;
    }
}
