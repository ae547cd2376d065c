package dev.picket.sentry.fs.proc;

import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.kernel.ipc.IpcNamespace;
import dev.picket.sentry.kernel.ipc.IpcObject.Ownership;
import dev.picket.sentry.vfs.Caller;

/** /proc/sysvipc: what ipcs(1) prints; see proc_sysvipc(5). */
final class SystemVIpcFiles {
    private final IpcNamespace ipc;

    SystemVIpcFiles(IpcNamespace ipc) {
        this.ipc = ipc;
    }

    GeneratedDirectory addTo(GeneratedDirectory directory) {
        return directory
                .addFile("msg", this::messages)
                .addFile("sem", this::semaphores)
                .addFile("shm", this::sharedMemory);
    }

    private void messages(Caller reader, StringBuilder text) {
        text.append("       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
                + "      stime      rtime      ctime\n");
        for (var queue : ipc.messages().all()) {
            var status = queue.status();
            begin(text, status.ownership());
            text.append(String.format(
                    "  %10d %10d %5d %5d ",
                    status.bytes(), status.messages(), status.lastSender(), status.lastReceiver()));
            owners(text, status.ownership());
            text.append(String.format(
                    " %10d %10d %10d\n",
                    status.sendSeconds(),
                    status.receiveSeconds(),
                    status.ownership().changeSeconds()));
        }
    }

    private void semaphores(Caller reader, StringBuilder text) {
        text.append("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
        for (var set : ipc.semaphores().all()) {
            var status = set.status();
            begin(text, status.ownership());
            text.append(String.format(" %10d ", status.count()));
            owners(text, status.ownership());
            text.append(String.format(
                    " %10d %10d\n",
                    status.operationSeconds(), status.ownership().changeSeconds()));
        }
    }

    private void sharedMemory(Caller reader, StringBuilder text) {
        text.append("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
                + "      atime      dtime      ctime                   rss                  swap\n");
        for (var segment : ipc.sharedMemory().all()) {
            var status = segment.status();
            begin(text, status.ownership());
            text.append(String.format(
                    " %21s %5d %5d  %5d ",
                    Long.toUnsignedString(status.sizeBytes()),
                    status.creatorProcess(),
                    status.lastProcess(),
                    status.attachments()));
            owners(text, status.ownership());
            text.append(String.format(
                    " %10d %10d %10d %21d %21d\n",
                    status.attachSeconds(),
                    status.detachSeconds(),
                    status.ownership().changeSeconds(),
                    segment.residentBytes(),
                    0));
        }
    }

    private static void begin(StringBuilder text, Ownership ownership) {
        text.append(String.format("%10d %10d  %4o", ownership.key(), ownership.id(), ownership.mode()));
    }

    private static void owners(StringBuilder text, Ownership ownership) {
        text.append(String.format(
                "%5s %5s %5s %5s",
                Integer.toUnsignedString(ownership.user()),
                Integer.toUnsignedString(ownership.group()),
                Integer.toUnsignedString(ownership.creatorUser()),
                Integer.toUnsignedString(ownership.creatorGroup())));
    }
}
