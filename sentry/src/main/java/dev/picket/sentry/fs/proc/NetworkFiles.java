package dev.picket.sentry.fs.proc;

import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.vfs.Caller;

/** /proc/PID/net: the one network that a sandbox has, its loopback. See proc_pid_net(5). */
final class NetworkFiles {
    private final Kernel kernel;

    NetworkFiles(Kernel kernel) {
        this.kernel = kernel;
    }

    GeneratedDirectory directory(GeneratedFileSystem fileSystem) {
        return GeneratedDirectory.of(fileSystem)
                .addFile("dev", (reader, text) -> text.append(
                                "Inter-|   Receive                                                |  Transmit\n")
                        .append(" face |bytes    packets errs drop fifo frame compressed multicast|")
                        .append("bytes    packets errs drop fifo colls carrier compressed\n")
                        .append("    lo:       0       0    0    0    0     0          0         0")
                        .append("        0       0    0    0    0     0       0          0\n"))
                .addFile("if_inet6", (reader, text) -> {})
                .addFile("route", (reader, text) -> text.append("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\t")
                        .append("Metric\tMask\t\tMTU\tWindow\tIRTT\n"))
                .addFile("unix", this::unix);
    }

    private void unix(Caller reader, StringBuilder text) {
        text.append("Num       RefCount Protocol Flags    Type St Inode Path\n");
        kernel.network().unixSockets().describe(text);
    }
}
