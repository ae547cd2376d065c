package dev.picket.sentry.fs.sys;

import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.vfs.Inode;

/**
 * /sys/fs/cgroup as a container with cgroup namespace sees it: one group of cgroups(7) version 2, with the sandbox's
 * limits. Language runtimes size themselves from it.
 */
public final class CgroupFileSystem extends GeneratedFileSystem {
    private static final int PERIOD_MICROS = 100_000;
    private static final long NANOS_PER_MICRO = 1000;

    private final GeneratedDirectory root;

    public CgroupFileSystem(Kernel kernel, long device) {
        super("cgroup2", device, FileSystemMagic.CGROUP2_SUPER_MAGIC);
        var options = kernel.options();
        String cpus = options.cpus() <= 1 ? "0" : "0-" + (options.cpus() - 1);
        root = GeneratedDirectory.of(this)
                .addLine("cgroup.controllers", "cpuset cpu memory pids")
                .addLine("cgroup.subtree_control", "")
                .addLine("cgroup.type", "domain")
                .addFile("cgroup.procs", (reader, text) -> kernel.processes()
                        .all()
                        .forEach(process -> text.append(process.id()).append('\n')))
                .addLine("cgroup.events", "populated 1\nfrozen 0")
                .addLine("memory.max", options.memoryBytes())
                .addLine("memory.high", "max")
                .addLine("memory.min", 0)
                .addLine("memory.low", 0)
                .addFile("memory.current", (reader, text) -> text.append(
                                kernel.frames().residentBytes())
                        .append('\n'))
                .addLine("memory.swap.max", 0)
                .addLine("memory.swap.current", 0)
                .addLine("memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0")
                .addFile("memory.stat", (reader, text) -> text.append("anon ")
                        .append(kernel.frames().residentBytes())
                        .append("\nfile 0\nkernel_stack 0\nslab 0\ninactive_file 0\nactive_file 0\n"))
                .addLine("cpu.max", (long) options.cpus() * PERIOD_MICROS + " " + PERIOD_MICROS)
                .addLine("cpu.weight", 100)
                .addFile("cpu.stat", (reader, text) -> cpuStat(kernel, text))
                .addLine("cpuset.cpus", cpus)
                .addLine("cpuset.cpus.effective", cpus)
                .addLine("cpuset.mems.effective", 0)
                .addLine("pids.max", options.processes())
                .addFile("pids.current", (reader, text) -> text.append(
                                kernel.processes().taskCount())
                        .append('\n'));
    }

    private static void cpuStat(Kernel kernel, StringBuilder text) {
        long user = 0;
        long system = 0;
        for (var process : kernel.processes().all()) {
            user += process.usage().userNanos() + process.childrenUsage().userNanos();
            system += process.usage().systemNanos() + process.childrenUsage().systemNanos();
        }
        text.append("usage_usec ").append((user + system) / NANOS_PER_MICRO).append('\n');
        text.append("user_usec ").append(user / NANOS_PER_MICRO).append('\n');
        text.append("system_usec ").append(system / NANOS_PER_MICRO).append('\n');
    }

    @Override
    public Inode root() {
        return root;
    }
}
