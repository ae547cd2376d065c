package dev.picket.sentry.fs.proc;

import static dev.picket.platform.linux.Mqueue.HARD_MSGMAX;
import static dev.picket.platform.linux.Mqueue.HARD_MSGSIZEMAX;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFile;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedInode.Owner;
import dev.picket.sentry.kernel.FileTable;
import dev.picket.sentry.kernel.HostNames;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.Namespace;
import dev.picket.sentry.kernel.PidTable;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.pipe.Pipe;
import dev.picket.sentry.vfs.Caller;
import java.util.UUID;

/** /proc/sys: settings of the kernel. Only the names of the host and limits of IPC can be changed; see proc_sys(5). */
final class SystemSettings {
    private static final int NAME_LIMIT_BYTES = 64;

    /** Shortest length of messages that may be set, and most queues: Linux bounds the queues by memory only. */
    private static final int MSGSIZE_MIN = 128;

    private static final int QUEUES = 65536;

    private final GeneratedFileSystem fileSystem;
    private final SettingFiles settingFiles;
    private final Kernel kernel;

    /** Made when it is first read; guarded by this. */
    private UUID bootId;

    SystemSettings(GeneratedFileSystem fileSystem, Kernel kernel) {
        this.fileSystem = fileSystem;
        this.settingFiles = new SettingFiles(fileSystem);
        this.kernel = kernel;
    }

    GeneratedDirectory directory() {
        return folder().add("kernel", kernelFolder())
                .add("vm", memoryFolder())
                .add("fs", fileFolder())
                .add("net", new NetworkSettings(fileSystem).directory());
    }

    private synchronized UUID bootId() throws ErrnoException {
        if (bootId == null) {
            bootId = kernel.random().uuid();
        }
        return bootId;
    }

    private GeneratedDirectory folder() {
        return GeneratedDirectory.of(fileSystem);
    }

    private GeneratedDirectory kernelFolder() {
        var random = folder().addFile(
                        "uuid",
                        (reader, text) -> text.append(kernel.random().uuid()).append('\n'))
                .addFile("boot_id", (reader, text) -> text.append(bootId()).append('\n'))
                .addLine("entropy_avail", 256)
                .addLine("poolsize", 256);
        var pty = folder().addLine("max", 4096).addLine("reserve", 0);
        pty.addFile("nr", (reader, text) -> text.append(kernel.terminals().all().size())
                .append('\n'));
        var settings = folder().add("yama", folder().addLine("ptrace_scope", 0)) // debuggers look here first
                .add("hostname", name(HostNames::hostName, HostNames::setHostName))
                .add("domainname", name(HostNames::domainName, HostNames::setDomainName))
                .addLine("ostype", "Linux")
                .addLine("osrelease", Kernel.RELEASE)
                .addLine("version", Kernel.VERSION)
                .addLine("arch", "x86_64")
                .addLine("pid_max", PidTable.PID_MAX)
                .addLine("threads-max", kernel.options().processes())
                .addLine("ngroups_max", 65536)
                .addLine("cap_last_cap", Credentials.CAP_LAST)
                .addLine("core_pattern", "core")
                .addLine("core_uses_pid", 0)
                .addLine("randomize_va_space", 2)
                .addLine("overflowuid", 65534)
                .addLine("overflowgid", 65534)
                .addLine("panic", 0)
                .addLine("sysrq", 0)
                .addLine("tainted", 0)
                .addLine("printk", "4\t4\t1\t7")
                .addLine("dmesg_restrict", 1)
                .addLine("kptr_restrict", 1)
                .addLine("perf_event_paranoid", 4)
                .addLine("sched_child_runs_first", 0)
                .add("random", random)
                .add("pty", pty);
        return new IpcSettings(settingFiles, kernel.ipc()).addTo(settings);
    }

    private GeneratedDirectory memoryFolder() {
        return folder().addLine("overcommit_memory", 1)
                .addLine("overcommit_ratio", 50)
                .addLine("max_map_count", 65530)
                .addLine("mmap_min_addr", 65536)
                .addLine("swappiness", 60)
                .addLine("nr_hugepages", 0)
                .addLine("min_free_kbytes", 4096);
    }

    private GeneratedDirectory fileFolder() {
        var watches = kernel.fileWatches();
        var inotify = folder().add(
                        "max_queued_events",
                        settingFiles.number(watches::queuedEvents, watches::setQueuedEvents, 0, Integer.MAX_VALUE))
                .add(
                        "max_user_instances",
                        settingFiles.number(watches::userInstances, watches::setUserInstances, 0, Integer.MAX_VALUE))
                .add(
                        "max_user_watches",
                        settingFiles.number(watches::userWatches, watches::setUserWatches, 0, Integer.MAX_VALUE));
        return folder().addLine("file-max", "9223372036854775807")
                .addLine("nr_open", FileTable.MAXIMUM)
                .addLine("pipe-max-size", Pipe.MAXIMUM_CAPACITY_BYTES)
                .addLine("pipe-user-pages-soft", 16384)
                .addLine("pipe-user-pages-hard", 0)
                .addLine("aio-max-nr", 65536)
                .addLine("protected_hardlinks", 1)
                .addLine("protected_symlinks", 0)
                .addLine("suid_dumpable", 0)
                .add("inotify", inotify)
                .add("mqueue", messageQueueFolder());
    }

    private GeneratedDirectory messageQueueFolder() {
        var limits = kernel.messageQueues().limits();
        var files = settingFiles;
        return folder().add("msg_default", files.number(limits::msgDefault, limits::setMsgDefault, 1, HARD_MSGMAX))
                .add("msg_max", files.number(limits::msgMax, limits::setMsgMax, 1, HARD_MSGMAX))
                .add(
                        "msgsize_default",
                        files.number(limits::msgsizeDefault, limits::setMsgsizeDefault, MSGSIZE_MIN, HARD_MSGSIZEMAX))
                .add(
                        "msgsize_max",
                        files.number(limits::msgsizeMax, limits::setMsgsizeMax, MSGSIZE_MIN, HARD_MSGSIZEMAX))
                .add("queues_max", files.number(limits::queuesMax, limits::setQueuesMax, 0, QUEUES));
    }

    private interface NameSource {
        String get(HostNames names);
    }

    private interface NameTarget {
        void set(HostNames names, String name);
    }

    private GeneratedFile name(NameSource source, NameTarget target) {
        return GeneratedFile.writable(
                fileSystem,
                0644,
                Owner.ROOT,
                (reader, text) ->
                        text.append(source.get(uts(reader).hostNames())).append('\n'),
                (writer, text) -> setName(writer, text, target));
    }

    private Namespace uts(Caller caller) {
        return (caller instanceof Task task ? task.namespaces() : kernel.namespaces()).uts();
    }

    private void setName(Caller writer, String text, NameTarget target) throws ErrnoException {
        var uts = uts(writer);
        if (!writer.credentials().holdsIn(uts.owner(), Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int end = text.indexOf('\n');
        String name = end < 0 ? text : text.substring(0, end);
        target.set(uts.hostNames(), name.length() > NAME_LIMIT_BYTES ? name.substring(0, NAME_LIMIT_BYTES) : name);
    }
}
