package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Resource;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.ResourceLimits;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.memory.ProgramAreas;
import dev.picket.sentry.tty.Terminal;
import dev.picket.sentry.vfs.Caller;

/** stat, status and limits of a process or task. */
final class ProcessStatus {
    private static final long NANOS_PER_TICK = 10_000_000;
    private static final long PAGE_BYTES = 4096;
    private static final int DEFAULT_PRIORITY = 20;

    /** Major number of the slave sides of pseudo-terminals. */
    private static final int PTY_MAJOR = 136;

    private static final int PF_FORKNOEXEC = 0x40;

    private final Subject subject;

    ProcessStatus(Subject subject) {
        this.subject = subject;
    }

    /** Numbers of a process's memory; zeros if it has none any more. */
    private static final class Sizes {
        long virtual;
        long peakVirtual;
        long resident;
        long data;
        long stack;
        long locked;
        long brkStart;
        ProgramAreas areas = ProgramAreas.NONE;

        void take(MemoryManager memory) {
            virtual = memory.virtualBytes();
            peakVirtual = memory.peakVirtualBytes();
            resident = memory.residentBytes();
            data = memory.dataBytes();
            stack = memory.stackBytes();
            locked = memory.lockedBytes();
            brkStart = memory.brkStart();
            areas = memory.areas();
        }
    }

    private Sizes sizes() throws ErrnoException {
        var sizes = new Sizes();
        subject.withMemory(sizes::take);
        return sizes;
    }

    /** The file stat: one line of numbers, for ps(1). */
    void stat(Caller reader, StringBuilder text) throws ErrnoException {
        var task = subject.task();
        var process = subject.process();
        var group = process.processGroup();
        var terminal = group.session().controllingTerminal();
        var sizes = sizes();
        boolean visible = mayInspect(reader);

        text.append(subject.id()).append(" (").append(task.name()).append(") ").append(task.stateLetter());
        add(text, process.parentId());
        add(text, group.id());
        add(text, group.session().id());
        add(text, terminal == null ? 0 : deviceOf(terminal));
        add(text, terminal == null ? -1 : terminal.foregroundId());
        add(text, process.hasExecuted() ? 0 : PF_FORKNOEXEC);
        add(text, 0, 0, 0, 0); // page faults: not counted
        var own = process.usage();
        var children = process.childrenUsage();
        if (subject.isThread()) {
            add(text, task.userNanos() / NANOS_PER_TICK, task.systemNanos() / NANOS_PER_TICK);
        } else {
            add(text, own.userNanos() / NANOS_PER_TICK, own.systemNanos() / NANOS_PER_TICK);
        }
        add(text, children.userNanos() / NANOS_PER_TICK, children.systemNanos() / NANOS_PER_TICK);
        var attributes = task.scheduling().attributes();
        boolean realtime = attributes.isRealtime();
        add(text, realtime ? -1 - attributes.priority() : DEFAULT_PRIORITY + attributes.nice(), attributes.nice());
        add(text, process.tasks().size());
        add(text, 0);
        add(text, task.startNanos() / NANOS_PER_TICK);
        add(text, sizes.virtual, sizes.resident / PAGE_BYTES);
        add(text, process.limits().soft(Resource.RLIMIT_RSS));
        var areas = visible ? sizes.areas : ProgramAreas.NONE;
        add(text, visible ? areas.codeStart() : 1, visible ? areas.codeEnd() : 1, areas.stackStart());
        add(text, 0, 0); // registers: only of a process that is ending
        var actions = process.signals().actions();
        add(text, low(task.signals().pendingSet()), low(task.signals().mask()));
        add(text, low(actions.ignored()), low(actions.caught()));
        add(text, task.stateLetter() == 'S' ? 1 : 0, 0, 0);
        add(text, 17, 0, attributes.priority(), attributes.policy()); // exit signal SIGCHLD, processor
        add(text, 0, 0, 0); // delays
        add(text, areas.dataStart(), areas.dataEnd(), visible ? sizes.brkStart : 0);
        add(text, areas.argumentStart(), areas.argumentEnd());
        add(text, areas.environmentStart(), areas.environmentEnd());
        add(text, visible ? process.waitStatus() : 0);
        text.append('\n');
    }

    /** The signals below 32, which are all that the file stat has room for. */
    private static long low(long set) {
        return set & 0x7fffffffL;
    }

    private static void add(StringBuilder text, long... numbers) {
        for (long number : numbers) {
            text.append(' ').append(Long.toUnsignedString(number));
        }
    }

    private static void add(StringBuilder text, int number) {
        text.append(' ').append(number);
    }

    private static int deviceOf(Terminal terminal) {
        int minor = terminal.number();
        return minor & 0xff | PTY_MAJOR << 8 | (minor & ~0xff) << 12;
    }

    private boolean mayInspect(Caller reader) {
        try {
            subject.checkInspection(reader);
            return true;
        } catch (ErrnoException e) {
            return false; // zeros in place of addresses, as Linux shows to strangers
        }
    }

    /** The file status. */
    void status(Caller reader, StringBuilder text) throws ErrnoException {
        var task = subject.task();
        var process = subject.process();
        var credentials = task.credentials();
        var space = reader.credentials().userNamespace();

        line(text, "Name", escape(task.name()));
        line(text, "Umask", String.format("%04o", task.directories().umask()));
        line(text, "State", state(task));
        line(text, "Tgid", process.id());
        line(text, "Ngid", 0);
        line(text, "Pid", subject.id());
        line(text, "PPid", process.parentId());
        var tracer = task.tracing().tracer();
        line(text, "TracerPid", tracer == null ? 0 : tracer.group().id());
        line(
                text,
                "Uid",
                ids(
                        UserNamespace.userInside(space, credentials.realUser()),
                        UserNamespace.userInside(space, credentials.effectiveUser()),
                        UserNamespace.userInside(space, credentials.savedUser()),
                        UserNamespace.userInside(space, credentials.fileSystemUser())));
        line(
                text,
                "Gid",
                ids(
                        UserNamespace.groupInside(space, credentials.realGroup()),
                        UserNamespace.groupInside(space, credentials.effectiveGroup()),
                        UserNamespace.groupInside(space, credentials.savedGroup()),
                        UserNamespace.groupInside(space, credentials.fileSystemGroup())));
        line(text, "FDSize", task.hasEnded() ? 0 : task.files().capacity());
        var groups = new StringBuilder();
        for (int group : credentials.groups()) {
            groups.append(Integer.toUnsignedString(UserNamespace.groupInside(space, group)))
                    .append(' ');
        }
        line(text, "Groups", groups);
        line(text, "NStgid", process.id());
        line(text, "NSpid", subject.id());
        line(text, "NSpgid", process.processGroup().id());
        line(text, "NSsid", process.processGroup().session().id());
        if (!task.hasEnded()) {
            memoryLines(text);
        }
        line(text, "CoreDumping", 0);
        line(text, "THP_enabled", 1);
        line(text, "Threads", process.tasks().size());
        signalLines(text, task);
        capabilityLines(text, credentials);
        line(text, "NoNewPrivs", task.privileges().noNewPrivileges() ? 1 : 0);
        line(text, "Seccomp", task.filters().mode());
        line(text, "Seccomp_filters", task.filters().count());
        line(text, "Speculation_Store_Bypass", "vulnerable");
        line(text, "SpeculationIndirectBranch", "conditional enabled");
        int cpus = subject.kernel().options().cpus();
        line(text, "Cpus_allowed", CpuLists.mask(cpus));
        line(text, "Cpus_allowed_list", CpuLists.list(cpus));
        line(text, "Mems_allowed", "1");
        line(text, "Mems_allowed_list", "0");
        line(text, "voluntary_ctxt_switches", task.voluntarySwitches());
        line(text, "nonvoluntary_ctxt_switches", task.involuntarySwitches());
    }

    private void memoryLines(StringBuilder text) throws ErrnoException {
        var sizes = sizes();
        var areas = sizes.areas;
        kilobytes(text, "VmPeak", sizes.peakVirtual);
        kilobytes(text, "VmSize", sizes.virtual);
        kilobytes(text, "VmLck", sizes.locked);
        kilobytes(text, "VmPin", 0);
        kilobytes(
                text,
                "VmHWM",
                Math.max(sizes.resident, subject.process().usage().peakResidentBytes()));
        kilobytes(text, "VmRSS", sizes.resident);
        kilobytes(text, "RssAnon", sizes.resident);
        kilobytes(text, "RssFile", 0);
        kilobytes(text, "RssShmem", 0);
        kilobytes(text, "VmData", sizes.data);
        kilobytes(text, "VmStk", sizes.stack);
        kilobytes(text, "VmExe", areas.codeEnd() - areas.codeStart());
        kilobytes(text, "VmLib", 0);
        kilobytes(text, "VmPTE", 0);
        kilobytes(text, "VmSwap", 0);
        kilobytes(text, "HugetlbPages", 0);
    }

    private void signalLines(StringBuilder text, Task task) {
        var process = subject.process();
        long limit = process.limits().soft(Resource.RLIMIT_SIGPENDING);
        line(text, "SigQ", "0/" + (limit < 0 ? "18446744073709551615" : Long.toString(limit)));
        line(text, "SigPnd", hex(task.signals().pendingSet()));
        line(text, "ShdPnd", hex(process.signals().pendingSet()));
        line(text, "SigBlk", hex(task.signals().mask()));
        line(text, "SigIgn", hex(process.signals().actions().ignored()));
        line(text, "SigCgt", hex(process.signals().actions().caught()));
    }

    private static void capabilityLines(StringBuilder text, Credentials credentials) {
        line(text, "CapInh", hex(credentials.inheritable()));
        line(text, "CapPrm", hex(credentials.permitted()));
        line(text, "CapEff", hex(credentials.effective()));
        line(text, "CapBnd", hex(credentials.bounding()));
        line(text, "CapAmb", hex(credentials.ambient()));
    }

    private static String state(Task task) {
        char letter = task.stateLetter();
        return switch (letter) {
            case 'R' -> "R (running)";
            case 'S' -> "S (sleeping)";
            case 'T' -> "T (stopped)";
            case 't' -> "t (tracing stop)";
            case 'Z' -> "Z (zombie)";
            default -> Character.toString(letter);
        };
    }

    private static String ids(int real, int effective, int saved, int fileSystem) {
        return Integer.toUnsignedString(real)
                + "\t" + Integer.toUnsignedString(effective)
                + "\t" + Integer.toUnsignedString(saved)
                + "\t" + Integer.toUnsignedString(fileSystem);
    }

    private static String escape(String name) {
        return name.replace("\\", "\\\\").replace("\n", "\\n");
    }

    private static String hex(long set) {
        return String.format("%016x", set);
    }

    private static void line(StringBuilder text, String name, Object value) {
        text.append(name).append(":\t").append(value).append('\n');
    }

    private static void kilobytes(StringBuilder text, String name, long bytes) {
        text.append(name)
                .append(":\t")
                .append(String.format("%8d", bytes / 1024))
                .append(" kB\n");
    }

    /** The file limits. */
    void limits(Caller reader, StringBuilder text) {
        text.append(String.format("%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units"));
        var limits = subject.process().limits();
        limit(text, limits, Resource.RLIMIT_CPU, "Max cpu time", "seconds");
        limit(text, limits, Resource.RLIMIT_FSIZE, "Max file size", "bytes");
        limit(text, limits, Resource.RLIMIT_DATA, "Max data size", "bytes");
        limit(text, limits, Resource.RLIMIT_STACK, "Max stack size", "bytes");
        limit(text, limits, Resource.RLIMIT_CORE, "Max core file size", "bytes");
        limit(text, limits, Resource.RLIMIT_RSS, "Max resident set", "bytes");
        limit(text, limits, Resource.RLIMIT_NPROC, "Max processes", "processes");
        limit(text, limits, Resource.RLIMIT_NOFILE, "Max open files", "files");
        limit(text, limits, Resource.RLIMIT_MEMLOCK, "Max locked memory", "bytes");
        limit(text, limits, Resource.RLIMIT_AS, "Max address space", "bytes");
        limit(text, limits, Resource.RLIMIT_LOCKS, "Max file locks", "locks");
        limit(text, limits, Resource.RLIMIT_SIGPENDING, "Max pending signals", "signals");
        limit(text, limits, Resource.RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes");
        limit(text, limits, Resource.RLIMIT_NICE, "Max nice priority", "");
        limit(text, limits, Resource.RLIMIT_RTPRIO, "Max realtime priority", "");
        limit(text, limits, Resource.RLIMIT_RTTIME, "Max realtime timeout", "us");
    }

    private static void limit(StringBuilder text, ResourceLimits limits, int resource, String name, String unit) {
        var limit = limits.get(resource);
        text.append(String.format("%-25s %-20s %-20s %-10s\n", name, bound(limit.soft()), bound(limit.hard()), unit));
    }

    private static String bound(long value) {
        return value == Resource.RLIM_INFINITY ? "unlimited" : Long.toUnsignedString(value);
    }
}
