package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFile;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.epoll.EpollFile;
import dev.picket.sentry.kernel.event.EventCounter;
import dev.picket.sentry.kernel.event.SignalFile;
import dev.picket.sentry.kernel.event.TimerFile;
import dev.picket.sentry.kernel.inotify.InotifyFile;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** /proc/PID/fdinfo: a file about each descriptor. */
final class DescriptorInfoDirectory extends GeneratedDirectory {
    private final Subject subject;
    private final Map<Integer, GeneratedFile> files = new HashMap<>();

    DescriptorInfoDirectory(GeneratedFileSystem fileSystem, Subject subject) {
        super(fileSystem, 0555, subject.owner());
        this.subject = subject;
    }

    @Override
    protected boolean isDynamic() {
        return true;
    }

    @Override
    protected Inode lookupDynamic(Caller caller, String name) throws ErrnoException {
        subject.checkInspection(caller);
        int descriptor = RootDirectory.parseId(name);
        if (descriptor < 0 || DescriptorDirectory.fileOf(subject, descriptor) == null) {
            return null;
        }
        synchronized (files) {
            var known = files.get(descriptor);
            if (known == null) {
                files.keySet().removeIf(other -> DescriptorDirectory.fileOf(subject, other) == null);
                known = GeneratedFile.of(
                        generatedFileSystem(),
                        0444,
                        subject.owner(),
                        (reader, text) -> write(descriptor, text),
                        (opener, flags) -> subject.checkInspection(opener));
                files.put(descriptor, known);
            }
            return known;
        }
    }

    @Override
    protected List<DynamicEntry> dynamicEntries(Caller caller, long from) throws ErrnoException {
        subject.checkInspection(caller);
        return DescriptorDirectory.entriesOf(subject, from, FileMode.S_IFREG);
    }

    private void write(int descriptor, StringBuilder text) throws ErrnoException {
        var file = DescriptorDirectory.fileOf(subject, descriptor);
        if (file == null) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        boolean closeOnExec = subject.task().files().isCloseOnExec(descriptor);
        int flags = file.flags() | (closeOnExec ? Fcntl.O_CLOEXEC : 0);
        text.append("pos:\t").append(positionOf(file)).append('\n');
        text.append("flags:\t0").append(Integer.toOctalString(flags)).append('\n');
        int mount = file.path() == null ? 0 : file.path().mount().id();
        text.append("mnt_id:\t").append(mount).append('\n');
        text.append("ino:\t").append(file.inode().attributes().inode()).append('\n');

        if (file instanceof EventCounter counter) {
            text.append(String.format("eventfd-count: %16x\n", counter.count()));
        } else if (file instanceof SignalFile signals) {
            text.append(String.format("sigmask:\t%016x\n", signals.mask()));
        } else if (file instanceof TimerFile timer) {
            var setting = timer.get();
            text.append("clockid: ").append(timer.clockId()).append('\n');
            text.append("ticks: ").append(timer.expirations()).append('\n');
            text.append("it_value: ").append(seconds(setting.leftNanos())).append('\n');
            text.append("it_interval: ")
                    .append(seconds(setting.intervalNanos()))
                    .append('\n');
        } else if (file instanceof InotifyFile watches) {
            text.append(watches.describe());
        } else if (file instanceof EpollFile epoll) {
            epoll.forEachInterest((watched, watchedDescriptor, events, data) ->
                    text.append(String.format("tfd: %8d events: %8x data: %16x\n", watchedDescriptor, events, data)));
        }
    }

    private static String seconds(long nanos) {
        return "(" + nanos / 1_000_000_000L + ", " + nanos % 1_000_000_000L + ")";
    }

    private static long positionOf(OpenFile file) {
        try {
            return file.seek(0, Fcntl.SEEK_CUR);
        } catch (ErrnoException e) {
            return 0; // no positions here
        }
    }
}
