package dev.picket.sentry.fs.host;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.DirectoryFile;
import dev.picket.sentry.vfs.DirectorySink;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A directory that is not the host's: it leads to those that are. Does not change once the file system is in use. */
final class SyntheticDirectory extends Inode {
    private final HostFileSystem fileSystem;
    private final long number;
    private final long madeNanos = FileClock.nowNanos();
    private final Map<String, Inode> children = new LinkedHashMap<>();

    SyntheticDirectory(HostFileSystem fileSystem, long number) {
        this.fileSystem = fileSystem;
        this.number = number;
    }

    Inode child(String name) {
        return children.get(name);
    }

    void put(String name, Inode child) {
        children.put(name, child);
    }

    @Override
    public Attributes attributes() {
        long directories = children.values().stream()
                .filter(child -> child.type() == FileMode.S_IFDIR)
                .count();
        return new Attributes(
                fileSystem.device(),
                number,
                FileMode.S_IFDIR | 0755,
                2 + directories,
                0,
                0,
                0,
                4096,
                4096,
                8,
                madeNanos,
                madeNanos,
                madeNanos);
    }

    @Override
    public int type() {
        return FileMode.S_IFDIR;
    }

    @Override
    public Inode lookup(Caller caller, String name) {
        return children.get(name);
    }

    @Override
    public void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
        List<Map.Entry<String, Inode>> all = new ArrayList<>(children.entrySet());
        for (long index = position - DirectoryFile.FIRST; index >= 0 && index < all.size(); index++) {
            var entry = all.get((int) index);
            long inode = entry.getValue().attributes().inode();
            int type = entry.getValue().type() >> 12;
            if (!sink.accept(entry.getKey(), inode, type, index + 1 + DirectoryFile.FIRST)) {
                return;
            }
        }
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) {
        return new DirectoryFile(path, flags);
    }

    @Override
    public FileSystem fileSystem() {
        return fileSystem;
    }
}
