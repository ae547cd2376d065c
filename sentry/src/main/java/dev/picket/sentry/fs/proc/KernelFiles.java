package dev.picket.sentry.fs.proc;

import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.vfs.Caller;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Files of /proc about the sandbox as a whole: its CPUs, its memory, its time. */
final class KernelFiles {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_TICK = 10_000_000L;

    private final Kernel kernel;
    private final ProcessorDescription processor;
    private final LoadAverage load = new LoadAverage();

    /** What was told last: programs rely on it never to become less, which a difference of two clocks may. */
    private final AtomicLong toldIdleNanos = new AtomicLong();

    KernelFiles(Kernel kernel, ProcessorDescription processor) {
        this.kernel = kernel;
        this.processor = processor;
    }

    void addTo(GeneratedDirectory root) {
        root.addFile("cpuinfo", this::cpuInfo);
        root.addFile("meminfo", this::memoryInfo);
        root.addFile("stat", this::stat);
        root.addFile("uptime", this::uptime);
        root.addFile("loadavg", this::loadAverage);
        root.addFile("version", this::version);
        root.addFile("filesystems", this::fileSystems);
        root.addFile("devices", this::devices);
        root.addFile("vmstat", this::virtualMemoryStatistics);
        root.addLine("cmdline", "");
        root.addFile("swaps", (reader, text) -> text.append("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"));
        root.addFile("partitions", (reader, text) -> text.append("major minor  #blocks  name\n\n"));
        root.addFile("diskstats", (reader, text) -> {});
        root.addFile("modules", (reader, text) -> {});
        // The virtual machine of Java believes the files of cgroups version 2 only if all of these are there.
        root.addFile("cgroups", (reader, text) -> {
            text.append("#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
            for (String name : List.of("cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer", "pids")) {
                text.append(name).append("\t0\t1\t1\n");
            }
        });
    }

    private void cpuInfo(Caller reader, StringBuilder text) {
        int cpus = kernel.options().cpus();
        for (int cpu = 0; cpu < cpus; cpu++) {
            processor.write(cpu, cpus, text);
        }
    }

    private void memoryInfo(Caller reader, StringBuilder text) {
        long total = kernel.options().memoryBytes();
        long used = Math.min(total, kernel.frames().residentBytes());
        long free = total - used;
        kilobytes(text, "MemTotal", total);
        kilobytes(text, "MemFree", free);
        kilobytes(text, "MemAvailable", free);
        kilobytes(text, "Buffers", 0);
        kilobytes(text, "Cached", 0);
        kilobytes(text, "SwapCached", 0);
        kilobytes(text, "Active", used);
        kilobytes(text, "Inactive", 0);
        kilobytes(text, "Active(anon)", used);
        kilobytes(text, "Inactive(anon)", 0);
        kilobytes(text, "Active(file)", 0);
        kilobytes(text, "Inactive(file)", 0);
        kilobytes(text, "Unevictable", 0);
        kilobytes(text, "Mlocked", 0);
        kilobytes(text, "SwapTotal", 0);
        kilobytes(text, "SwapFree", 0);
        kilobytes(text, "Dirty", 0);
        kilobytes(text, "Writeback", 0);
        kilobytes(text, "AnonPages", used);
        kilobytes(text, "Mapped", 0);
        kilobytes(text, "Shmem", 0);
        kilobytes(text, "KReclaimable", 0);
        kilobytes(text, "Slab", 0);
        kilobytes(text, "SReclaimable", 0);
        kilobytes(text, "SUnreclaim", 0);
        kilobytes(text, "KernelStack", 0);
        kilobytes(text, "PageTables", 0);
        kilobytes(text, "CommitLimit", total);
        kilobytes(text, "Committed_AS", used);
        kilobytes(text, "VmallocTotal", 0);
        kilobytes(text, "VmallocUsed", 0);
        kilobytes(text, "AnonHugePages", 0);
        text.append("HugePages_Total:       0\nHugePages_Free:        0\n");
        text.append("HugePages_Rsvd:        0\nHugePages_Surp:        0\n");
        kilobytes(text, "Hugepagesize", 2L << 20);
    }

    private static void kilobytes(StringBuilder text, String name, long bytes) {
        text.append(String.format("%-15s %8d kB\n", name + ":", bytes / 1024));
    }

    /** CPU time of all processes there are and of those waited for: user, then system. */
    private long[] cpuNanos() {
        long user = 0;
        long system = 0;
        for (var process : kernel.processes().all()) {
            var own = process.usage();
            var children = process.childrenUsage();
            user += own.userNanos() + children.userNanos();
            system += own.systemNanos() + children.systemNanos();
        }
        return new long[] {user, system};
    }

    private long idleNanos(long[] used) {
        long all = kernel.clock().bootNanos() * kernel.options().cpus();
        return toldIdleNanos.accumulateAndGet(all - used[0] - used[1], Math::max);
    }

    private void stat(Caller reader, StringBuilder text) {
        int cpus = kernel.options().cpus();
        long[] used = cpuNanos();
        long idle = idleNanos(used);
        cpuLine(text, "cpu ", used, idle, 1);
        for (int cpu = 0; cpu < cpus; cpu++) {
            // Which CPU a task ran on is the host's business; each gets its share.
            cpuLine(text, "cpu" + cpu, used, idle, cpus);
        }
        text.append("intr 0\nctxt 0\n");
        text.append("btime ")
                .append(kernel.clock().startRealtimeNanos() / NANOS_PER_SECOND)
                .append('\n');
        text.append("processes ").append(kernel.processes().lastId()).append('\n');
        text.append("procs_running ").append(Math.max(1, runningTasks())).append('\n');
        text.append("procs_blocked 0\n");
        text.append("softirq 0 0 0 0 0 0 0 0 0 0 0\n");
    }

    private static void cpuLine(StringBuilder text, String name, long[] used, long idle, int share) {
        text.append(name).append(' ').append(used[0] / NANOS_PER_TICK / share).append(" 0 ");
        text.append(used[1] / NANOS_PER_TICK / share).append(' ').append(idle / NANOS_PER_TICK / share);
        text.append(" 0 0 0 0 0 0\n");
    }

    private int runningTasks() {
        int running = 0;
        for (var process : kernel.processes().all()) {
            for (var task : process.tasks()) {
                running += task.stateLetter() == 'R' ? 1 : 0;
            }
        }
        return running;
    }

    private void uptime(Caller reader, StringBuilder text) {
        hundredths(text, kernel.clock().bootNanos());
        text.append(' ');
        hundredths(text, idleNanos(cpuNanos()));
        text.append('\n');
    }

    private static void hundredths(StringBuilder text, long nanos) {
        text.append(nanos / NANOS_PER_SECOND).append('.');
        text.append(String.format("%02d", nanos % NANOS_PER_SECOND / NANOS_PER_TICK));
    }

    private void loadAverage(Caller reader, StringBuilder text) {
        int running = runningTasks();
        text.append(load.sample(running, System.nanoTime())).append(' ');
        text.append(running).append('/').append(kernel.processes().taskCount()).append(' ');
        text.append(kernel.processes().lastId()).append('\n');
    }

    private void version(Caller reader, StringBuilder text) {
        text.append("Linux version ").append(Kernel.RELEASE);
        text.append(" (picket@picket) (java) ").append(Kernel.VERSION).append('\n');
    }

    private void fileSystems(Caller reader, StringBuilder text) {
        for (String type : new String[] {"sysfs", "tmpfs", "proc", "devtmpfs", "devpts", "mqueue", "overlay"}) {
            text.append("nodev\t").append(type).append('\n');
        }
        text.append("\terofs\n");
    }

    private void devices(Caller reader, StringBuilder text) {
        text.append("Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n");
        text.append("128 ptm\n136 pts\n\nBlock devices:\n");
    }

    private void virtualMemoryStatistics(Caller reader, StringBuilder text) {
        long total = kernel.options().memoryBytes();
        long used = Math.min(total, kernel.frames().residentBytes());
        text.append("nr_free_pages ").append((total - used) / 4096).append('\n');
        text.append("nr_anon_pages ").append(used / 4096).append('\n');
        text.append("pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\noom_kill 0\n");
    }
}
