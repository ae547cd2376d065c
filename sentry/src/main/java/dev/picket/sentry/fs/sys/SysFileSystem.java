package dev.picket.sentry.fs.sys;

import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.vfs.Inode;

/** /sys of one sandbox; read-only. */
public final class SysFileSystem extends GeneratedFileSystem {
    private final Kernel kernel;
    private final GeneratedDirectory root;

    public SysFileSystem(Kernel kernel, long device) {
        super("sysfs", device, FileSystemMagic.SYSFS_MAGIC);
        this.kernel = kernel;
        root = folder().add("devices", devices())
                .add("fs", folder().add("cgroup", folder()))
                .add("kernel", kernelFolder())
                .add(
                        "class",
                        folder().add("net", folder().add("lo", loopback())).add("block", folder()))
                .add("block", folder())
                .add("bus", folder())
                .add("dev", folder().add("block", folder()).add("char", folder()))
                .add("firmware", folder())
                .add("module", folder())
                .add("power", folder());
    }

    @Override
    public Inode root() {
        return root;
    }

    private GeneratedDirectory folder() {
        return GeneratedDirectory.of(this);
    }

    private GeneratedDirectory devices() {
        int cpus = kernel.options().cpus();
        String all = cpus <= 1 ? "0" : "0-" + (cpus - 1);
        var cpuFolder = folder().addLine("online", all)
                .addLine("possible", all)
                .addLine("present", all)
                .addLine("offline", "")
                .addLine("kernel_max", 8191)
                .addLine("isolated", "");
        for (int cpu = 0; cpu < cpus; cpu++) {
            String bit = Long.toHexString(1L << (cpu % 32));
            var topology = folder().addLine("core_id", cpu)
                    .addLine("physical_package_id", 0)
                    .addLine("die_id", 0)
                    .addLine("thread_siblings", bit)
                    .addLine("thread_siblings_list", cpu)
                    .addLine("core_siblings_list", all)
                    .addLine("core_cpus_list", cpu)
                    .addLine("package_cpus_list", all);
            cpuFolder.add("cpu" + cpu, folder().add("topology", topology));
        }
        long total = kernel.options().memoryBytes();
        var node = folder().addLine("cpulist", all)
                .addLine("distance", 10)
                .addFile("meminfo", (reader, text) -> text.append("Node 0 MemTotal:       ")
                        .append(String.format("%8d kB\n", total / 1024)));
        var nodes = folder().addLine("online", 0)
                .addLine("possible", 0)
                .addLine("has_cpu", 0)
                .addLine("has_memory", 0)
                .add("node0", node);
        var clock = folder().addLine("current_clocksource", "tsc").addLine("available_clocksource", "tsc");
        return folder().add(
                        "system",
                        folder().add("cpu", cpuFolder)
                                .add("node", nodes)
                                .add("clocksource", folder().add("clocksource0", clock)))
                .add("virtual", folder().add("net", folder().add("lo", loopback())));
    }

    private GeneratedDirectory kernelFolder() {
        var hugePages = folder().addLine("enabled", "always [madvise] never")
                .addLine("defrag", "always defer defer+madvise [madvise] never")
                .addLine("shmem_enabled", "always within_size advise [never] deny force")
                .addLine("hpage_pmd_size", 2097152)
                .addLine("use_zero_page", 1);
        return folder().add(
                        "mm", folder().add("transparent_hugepage", hugePages).add("hugepages", folder()))
                .add("security", folder());
    }

    private GeneratedDirectory loopback() {
        return folder().addLine("address", "00:00:00:00:00:00")
                .addLine("broadcast", "00:00:00:00:00:00")
                .addLine("addr_len", 6)
                .addLine("carrier", 1)
                .addLine("dormant", 0)
                .addLine("flags", "0x9")
                .addLine("ifindex", 1)
                .addLine("iflink", 1)
                .addLine("mtu", 65536)
                .addLine("operstate", "unknown")
                .addLine("tx_queue_len", 1000)
                .addLine("type", 772);
    }
}
