package dev.picket.sentry.fs.proc;

import static dev.picket.platform.linux.CloneFlags.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFile;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedInode;
import dev.picket.sentry.kernel.ProcessInode;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.vfs.Caller;

/** /proc/PID and /proc/PID/task/TID. */
final class ProcessDirectory extends GeneratedDirectory implements ProcessInode {
    private static final int OOM_SCORE_LIMIT = 1000;

    private final GeneratedFileSystem fileSystem;
    private final Subject subject;

    ProcessDirectory(GeneratedFileSystem fileSystem, Subject subject) {
        super(fileSystem, 0555, subject.directoryOwner());
        this.fileSystem = fileSystem;
        this.subject = subject;
        addFiles();
        addLinks();
        addDirectories();
    }

    @Override
    public ThreadGroup processOfDirectory() {
        return subject.isThread() ? null : subject.process();
    }

    Subject subject() {
        return subject;
    }

    private void addFiles() {
        var status = new ProcessStatus(subject);
        var maps = new MemoryMaps(subject);
        var mounts = new MountFiles(subject);
        file("stat", 0444, status::stat);
        file("status", 0444, status::status);
        file("limits", 0444, status::limits);
        file("cmdline", 0444, maps::commandLine);
        file("statm", 0444, maps::statm);
        secret("environ", 0400, maps::environment);
        secret("auxv", 0400, maps::auxiliaryVector);
        secret("maps", 0444, maps::maps);
        secret("smaps", 0444, maps::smaps);
        secret("smaps_rollup", 0444, maps::smapsRollup);
        file("mounts", 0444, mounts::mounts);
        file("mountinfo", 0444, mounts::mountInfo);
        addLazily("mem", () -> new MemoryFile(fileSystem, subject));
        writable("comm", 0644, (reader, text) -> text.append(living().name()).append('\n'), this::setName);
        file("cgroup", 0444, (reader, text) -> text.append("0::/\n"));
        file("cpuset", 0444, (reader, text) -> text.append("/\n"));
        file("wchan", 0444, (reader, text) -> text.append('0'));
        secret("personality", 0400, (reader, text) -> text.append("00000000\n"));
        file("loginuid", 0444, (reader, text) -> text.append("4294967295"));
        file("sessionid", 0444, (reader, text) -> text.append("4294967295"));
        var ids = new UserMaps(subject);
        writable("uid_map", 0644, ids::users, ids::setUsers);
        writable("gid_map", 0644, ids::groups, ids::setGroups);
        writable("setgroups", 0644, ids::groupsPermission, ids::setGroupsPermission);
        file("oom_score", 0444, (reader, text) -> text.append(oomScore()).append('\n'));
        writable(
                "oom_score_adj",
                0644,
                (reader, text) ->
                        text.append(subject.process().oomScoreAdjustment()).append('\n'),
                this::setOomScoreAdjustment);
        secret("io", 0400, this::io);
        secret("stack", 0400, (reader, text) -> text.append("[<0>] 0x0\n"));
        file("schedstat", 0444, this::schedulingStatistics);
        writable("clear_refs", 0200, null, ProcessDirectory::clearReferences);
        writable(
                "timerslack_ns",
                0666,
                (reader, text) -> text.append("50000\n"),
                (writer, text) -> number(text, 0, -1L));
        file("coredump_filter", 0444, (reader, text) -> text.append("00000033\n"));
    }

    private void addLinks() {
        var owner = subject.owner();
        addLazily(
                "exe",
                () -> new PlaceLink(fileSystem, 0777, owner, subject, () -> subject.process()
                        .executable()));
        addLazily("cwd", () -> new PlaceLink(fileSystem, 0777, owner, subject, () -> living().workingDirectory()));
        addLazily("root", () -> new PlaceLink(fileSystem, 0777, owner, subject, () -> living().root()));
    }

    private void addDirectories() {
        addLazily("fd", () -> new DescriptorDirectory(fileSystem, subject));
        addLazily("fdinfo", () -> new DescriptorInfoDirectory(fileSystem, subject));
        addLazily("ns", this::namespaces);
        addLazily("net", () -> new NetworkFiles(subject.kernel()).directory(fileSystem));
        if (!subject.isThread()) {
            addLazily("task", () -> new ThreadsDirectory(fileSystem, subject));
        }
    }

    private GeneratedInode namespaces() {
        var directory = new GeneratedDirectory(fileSystem, 0511, subject.owner());
        String[] names = {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "user", "uts"};
        int[] kinds = {
            CLONE_NEWCGROUP,
            CLONE_NEWIPC,
            CLONE_NEWNS,
            CLONE_NEWNET,
            CLONE_NEWPID,
            CLONE_NEWPID,
            CLONE_NEWTIME,
            CLONE_NEWUSER,
            CLONE_NEWUTS
        };
        for (int index = 0; index < names.length; index++) {
            directory.add(names[index], new NamespaceLink(fileSystem, subject, kinds[index]));
        }
        return directory;
    }

    private void file(String name, int mode, GeneratedFile.Contents contents) {
        GeneratedFile.Contents checked = (reader, text) -> {
            subject.checkExists();
            contents.write(reader, text);
        };
        addLazily(name, () -> GeneratedFile.of(fileSystem, mode, subject.owner(), checked, GeneratedFile.Guard.NONE));
    }

    /** A file that shows the inside of the process, to those only who might trace it. */
    private void secret(String name, int mode, GeneratedFile.Contents contents) {
        addLazily(
                name,
                () -> GeneratedFile.of(
                        fileSystem,
                        mode,
                        subject.owner(),
                        contents,
                        (caller, flags) -> subject.checkInspection(caller)));
    }

    private void writable(String name, int mode, GeneratedFile.Contents contents, GeneratedFile.Store store) {
        addLazily(name, () -> GeneratedFile.writable(fileSystem, mode, subject.owner(), contents, store));
    }

    private Task living() throws ErrnoException {
        subject.checkExists();
        return subject.task();
    }

    private void setName(Caller writer, String text) throws ErrnoException {
        if (!(writer instanceof Task task) || task.group() != subject.process()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        living().setName(withoutNewline(text));
    }

    private static String withoutNewline(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private void io(Caller reader, StringBuilder text) {
        var counters = subject.process().ioCounters();
        text.append("rchar: ").append(counters.readBytes()).append('\n');
        text.append("wchar: ").append(counters.writtenBytes()).append('\n');
        text.append("syscr: ").append(counters.reads()).append('\n');
        text.append("syscw: ").append(counters.writes()).append('\n');
        text.append("read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"); // no disk
    }

    private void schedulingStatistics(Caller reader, StringBuilder text) {
        var usage = subject.process().usage();
        text.append(usage.userNanos() + usage.systemNanos()).append(" 0 0\n");
    }

    /** Nothing is noted about references to pages, so there is nothing to clear. */
    private static void clearReferences(Caller writer, String text) throws ErrnoException {
        number(text, 1, 5);
    }

    private static long number(String text, long lowest, long highest) throws ErrnoException {
        try {
            long value = Long.parseUnsignedLong(text.trim());
            if (Long.compareUnsigned(value, lowest) >= 0 && Long.compareUnsigned(value, highest) <= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        throw ErrnoException.of(Errno.EINVAL);
    }

    private long oomScore() {
        long total = Math.max(1, subject.kernel().options().memoryBytes());
        long share = subject.task().hasEnded() ? 0 : subject.task().memory().residentBytes() * OOM_SCORE_LIMIT / total;
        return Math.max(
                0, Math.min(2L * OOM_SCORE_LIMIT, share + subject.process().oomScoreAdjustment()));
    }

    private void setOomScoreAdjustment(Caller writer, String text) throws ErrnoException {
        int value;
        try {
            value = Integer.parseInt(text.trim());
        } catch (NumberFormatException e) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (value < -OOM_SCORE_LIMIT || value > OOM_SCORE_LIMIT) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var process = subject.process();
        if (value < process.oomScoreAdjustment() && !writer.credentials().has(Credentials.CAP_SYS_RESOURCE)) {
            throw ErrnoException.of(Errno.EACCES);
        }
        process.setOomScoreAdjustment(value);
    }
}
