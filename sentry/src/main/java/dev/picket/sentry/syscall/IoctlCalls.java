package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.net.link.InterfaceRequests;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.vfs.OpenFile;

/** ioctl(2): what every open file takes; the rest is the file's own. */
final class IoctlCalls {
    private IoctlCalls() {}

    /** ioctl(2). */
    static long ioctl(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int request = args.asInt(1);
        long argument = args.asAddress(2);

        OpenFile file = task.file(fd);

        switch (request) {
            case Ioctl.FIOCLEX -> task.files().setCloseOnExec(fd, true);
            case Ioctl.FIONCLEX -> task.files().setCloseOnExec(fd, false);
            case Ioctl.FIONBIO -> setFlag(task, file, Fcntl.O_NONBLOCK, argument);
            case Ioctl.FIOASYNC -> FcntlCalls.setAsynchronous(
                    task, fd, file, task.memory().getInt(argument) != 0);
            case Ioctl.FIOQSIZE -> task.memory().putLong(argument, size(file));
            case Ioctl.FIONREAD -> {
                if (file.inode().type() != FileMode.S_IFREG) {
                    return file.control(task, request, argument);
                }
                long left = size(file) - file.seek(0, Fcntl.SEEK_CUR);
                task.memory().putInt(argument, (int) Math.max(Integer.MIN_VALUE, Math.min(left, Integer.MAX_VALUE)));
            }
            default -> {
                if (file instanceof Socket socket && InterfaceRequests.covers(request, socket.domain())) {
                    return task.kernel().network().interfaceRequests().control(task, request, argument);
                }
                return file.control(task, request, argument);
            }
        }
        return 0;
    }

    private static void setFlag(Task task, OpenFile file, int flag, long address) throws ErrnoException {
        boolean on = task.memory().getInt(address) != 0;
        file.setFlags(on ? file.flags() | flag : file.flags() & ~flag);
    }

    private static long size(OpenFile file) throws ErrnoException {
        int type = file.inode().type();
        if (type != FileMode.S_IFREG && type != FileMode.S_IFDIR && type != FileMode.S_IFLNK) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        return file.inode().attributes().sizeBytes();
    }
}
