package dev.picket.sentry.fs.generated;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.DirectoryFile;
import dev.picket.sentry.vfs.DirectorySink;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A directory of generated files: fixed entries, set up with {@link #add} before anybody sees the directory, and behind
 * them those that a subclass makes up.
 */
public class GeneratedDirectory extends GeneratedInode {
    /** An entry that a subclass makes up; its {@code key} orders the entries, and stays the same while others come and go. */
    public record DynamicEntry(long key, String name, int type) {}

    private record FixedEntry(String name, Supplier<? extends GeneratedInode> maker) {}

    private final GeneratedFileSystem fileSystem;
    private final Map<String, FixedEntry> fixed = new LinkedHashMap<>();
    private final List<FixedEntry> order = new ArrayList<>();
    private final Map<String, GeneratedInode> made = new LinkedHashMap<>();
    private long directories;

    public GeneratedDirectory(GeneratedFileSystem fileSystem, int mode, Owner owner) {
        super(fileSystem, FileMode.S_IFDIR | mode, owner);
        this.fileSystem = fileSystem;
    }

    /** A directory of root's that all may read. */
    public static GeneratedDirectory of(GeneratedFileSystem fileSystem) {
        return new GeneratedDirectory(fileSystem, 0555, Owner.ROOT);
    }

    protected final GeneratedFileSystem generatedFileSystem() {
        return fileSystem;
    }

    /** Adds an entry; answers this. */
    public final GeneratedDirectory add(String name, GeneratedInode inode) {
        directories += inode.type() == FileMode.S_IFDIR ? 1 : 0;
        return addLazily(name, () -> inode);
    }

    /** Adds an entry that is made when it is first looked up: a process's directory has dozens that nobody asks for. */
    public final GeneratedDirectory addLazily(String name, Supplier<? extends GeneratedInode> maker) {
        var entry = new FixedEntry(name, maker);
        fixed.put(name, entry);
        order.add(entry);
        return this;
    }

    /** Adds a file of root's that all may read; answers this. */
    public final GeneratedDirectory addFile(String name, GeneratedFile.Contents contents) {
        return addLazily(name, () -> GeneratedFile.of(fileSystem, contents));
    }

    /** Adds a file with contents that never change, and a newline; answers this. */
    public final GeneratedDirectory addLine(String name, Object line) {
        return addFile(name, (reader, text) -> text.append(line).append('\n'));
    }

    /** The entry that a subclass makes up under this name, or null. The same inode as long as it is the same file. */
    protected Inode lookupDynamic(Caller caller, String name) throws ErrnoException {
        return null;
    }

    /** The entries that a subclass makes up, with keys from {@code from} on, in order of their keys. */
    protected List<DynamicEntry> dynamicEntries(Caller caller, long from) throws ErrnoException {
        return List.of();
    }

    /** Whether {@link #lookupDynamic} may find something. */
    protected boolean isDynamic() {
        return false;
    }

    @Override
    protected long links() {
        return 2 + directories;
    }

    @Override
    public final boolean cachesNames() {
        return !isDynamic();
    }

    @Override
    public final Inode lookup(Caller caller, String name) throws ErrnoException {
        var entry = fixed.get(name);
        return entry == null ? lookupDynamic(caller, name) : inodeOf(entry);
    }

    private GeneratedInode inodeOf(FixedEntry entry) {
        synchronized (made) {
            return made.computeIfAbsent(entry.name, name -> entry.maker.get());
        }
    }

    @Override
    public Inode create(Caller caller, String name, CreateRequest request) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOENT); // what open(2) with O_CREAT says in /proc
    }

    @Override
    public void unlink(String name, Inode child) throws ErrnoException {
        throw ErrnoException.of(Errno.EPERM);
    }

    @Override
    public void removeDirectory(String name, Inode child) throws ErrnoException {
        throw ErrnoException.of(Errno.EPERM);
    }

    @Override
    public final OpenFile open(Caller caller, Path path, int flags) {
        return new Open(path, flags);
    }

    private final class Open extends DirectoryFile {
        Open(Path path, int flags) {
            super(path, flags);
        }

        @Override
        protected void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
            long next = position;
            while (next - FIRST < order.size()) {
                var entry = order.get((int) (next - FIRST));
                var inode = inodeOf(entry);
                if (!sink.accept(entry.name, inode.number(), inode.type() >> 12, next + 1)) {
                    return;
                }
                next++;
            }
            long base = FIRST + order.size();
            for (var entry : dynamicEntries(caller, next - base)) {
                var inode = lookupDynamic(caller, entry.name);
                if (inode == null) {
                    continue; // gone in the meantime
                }
                long number = inode.attributes().inode();
                if (!sink.accept(entry.name, number, entry.type >> 12, base + entry.key + 1)) {
                    return;
                }
            }
        }
    }
}
