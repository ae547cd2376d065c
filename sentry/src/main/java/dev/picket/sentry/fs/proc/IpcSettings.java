package dev.picket.sentry.fs.proc;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFile;
import dev.picket.sentry.kernel.ipc.IpcNamespace;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/** The settings of System V IPC in /proc/sys/kernel, which root may change; see proc_sys_kernel(5). */
final class IpcSettings {
    /** Most objects of a kind that Linux lets anybody set. */
    private static final int OBJECTS = 32768;

    /** Most operations of one semop(2) that anybody may set: Linux has no bound, but memory. */
    private static final int OPERATIONS = 32000;

    /** Longest message that anybody may set. */
    private static final int MESSAGE_BYTES = 16 << 20;

    private final SettingFiles files;
    private final IpcNamespace ipc;

    IpcSettings(SettingFiles files, IpcNamespace ipc) {
        this.files = files;
        this.ipc = ipc;
    }

    GeneratedDirectory addTo(GeneratedDirectory directory) {
        var limits = ipc.limits();
        return directory
                .add(
                        "shmmax",
                        files.text(
                                () -> Long.toUnsignedString(limits.shmmax()),
                                text -> limits.setShmmax(SettingFiles.unsigned(text))))
                .add(
                        "shmall",
                        files.text(
                                () -> Long.toUnsignedString(limits.shmall()),
                                text -> limits.setShmall(SettingFiles.unsigned(text))))
                .add("shmmni", files.number(limits::shmmni, limits::setShmmni, 0, OBJECTS))
                .add(
                        "shm_rmid_forced",
                        files.number(
                                () -> limits.shmRmidForced() ? 1 : 0,
                                value -> limits.setShmRmidForced(value != 0),
                                0,
                                1))
                .add("shm_next_id", nextId(ipc.sharedMemory()::wantedId, ipc.sharedMemory()::setWantedId))
                .add("msgmax", files.number(limits::msgmax, limits::setMsgmax, 0, MESSAGE_BYTES))
                .add("msgmnb", files.number(limits::msgmnb, limits::setMsgmnb, 0, Integer.MAX_VALUE))
                .add("msgmni", files.number(limits::msgmni, limits::setMsgmni, 0, OBJECTS))
                .add("msg_next_id", nextId(ipc.messages()::wantedId, ipc.messages()::setWantedId))
                .add("sem", files.text(this::semaphores, this::setSemaphores))
                .add("sem_next_id", nextId(ipc.semaphores()::wantedId, ipc.semaphores()::setWantedId));
    }

    private String semaphores() {
        var limits = ipc.limits();
        return limits.semmsl() + "\t" + limits.semmns() + "\t" + limits.semopm() + "\t" + limits.semmni();
    }

    private void setSemaphores(String text) throws ErrnoException {
        var limits = ipc.limits();
        int[] values = {limits.semmsl(), limits.semmns(), limits.semopm(), limits.semmni()};
        int[] bounds = {OBJECTS * 2 - 1, Integer.MAX_VALUE, OPERATIONS, OBJECTS};
        String[] numbers = text.trim().split("\\s+");
        // As Linux does: fewer numbers leave the rest as it is, more are not looked at.
        for (int index = 0; index < Math.min(numbers.length, values.length); index++) {
            values[index] = SettingFiles.signed(numbers[index], 0, bounds[index]);
        }
        limits.setSemaphores(values[0], values[1], values[2], values[3]);
    }

    private GeneratedFile nextId(IntSupplier source, IntConsumer target) {
        return files.number(source, target, -1, Integer.MAX_VALUE);
    }
}
