package dev.picket.sentry.vfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.picket.platform.host.GuestMemoryFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.HeapBudget;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.memory.FrameAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Files as a guest sees them, in short words; by default in a tmpfs. */
public final class TestFiles implements AutoCloseable {
    /** A call that may fail with an errno. */
    @FunctionalInterface
    public interface Call {
        void run() throws ErrnoException;
    }

    /** Makes a file system in the given guest memory. */
    @FunctionalInterface
    public interface Maker {
        FileSystem make(FrameAllocator frames) throws ErrnoException;
    }

    private final GuestMemoryFile memory;
    private final FrameAllocator frames;
    private final MountNamespace mounts;
    private final TestCaller root;
    private final TestCaller caller;

    private TestFiles(GuestMemoryFile memory, FrameAllocator frames, MountNamespace mounts, TestCaller caller) {
        this.memory = memory;
        this.frames = frames;
        this.mounts = mounts;
        this.root = new TestCaller(user(0, Credentials.DOCKER_DEFAULT), mounts.rootPath());
        this.caller = caller == null ? root : caller;
    }

    public static TestFiles inMemory() throws ErrnoException {
        return of(frames -> tmpfs(frames, 0));
    }

    public static TmpfsFileSystem tmpfs(FrameAllocator frames, long sizeLimitBytes) {
        return new TmpfsFileSystem(frames, 40, sizeLimitBytes, 0755, new HeapBudget(64 << 20));
    }

    public static TestFiles of(Maker maker) throws ErrnoException {
        var memory = GuestMemoryFile.create(1L << 36);
        var frames = new FrameAllocator(memory);
        return new TestFiles(memory, frames, new MountNamespace(maker.make(frames)), null);
    }

    public static Credentials user(int id, long capabilities) {
        return new Credentials(
                id, id, id, id, id, id, id, id, new int[0], capabilities, capabilities, 0, capabilities, 0, null);
    }

    /** The same files, as somebody else. */
    public TestFiles as(Credentials credentials) {
        return new TestFiles(memory, frames, mounts, new TestCaller(credentials, mounts.rootPath()));
    }

    /** The same files, as an ordinary user. */
    public TestFiles as(int user) {
        return as(user(user, 0));
    }

    /** The same files, by one whose root is {@code path}. */
    public TestFiles rootedAt(String path) throws ErrnoException {
        return new TestFiles(memory, frames, mounts, new TestCaller(caller.credentials(), find(path)));
    }

    public TestCaller caller() {
        return caller;
    }

    public MountNamespace mounts() {
        return mounts;
    }

    public FrameAllocator frames() {
        return frames;
    }

    @Override
    public void close() {
        memory.close();
    }

    private Path start() {
        return caller.workingDirectory();
    }

    public static void assertErrno(int errno, Call call) {
        var failure = assertThrows(ErrnoException.class, call::run);
        assertEquals(errno, failure.errno());
    }

    public Path find(String path) throws ErrnoException {
        return PathWalk.resolve(caller, start(), path, PathWalk.FOLLOW);
    }

    public Path findLink(String path) throws ErrnoException {
        return PathWalk.resolve(caller, start(), path, 0);
    }

    public boolean exists(String path) throws ErrnoException {
        try {
            findLink(path);
            return true;
        } catch (ErrnoException e) {
            assertEquals(Errno.ENOENT, e.errno());
            return false;
        }
    }

    public Attributes stat(String path) throws ErrnoException {
        return findLink(path).inode().attributes();
    }

    public OpenFile open(String path, int flags) throws ErrnoException {
        return FileOperations.open(caller, start(), path, flags, 0644);
    }

    public void write(String path, String text) throws ErrnoException {
        OpenFile file = open(path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC);
        try {
            assertEquals(text.length(), write(file, text));
        } finally {
            file.release();
        }
    }

    public String read(String path) throws ErrnoException {
        OpenFile file = open(path, Fcntl.O_RDONLY);
        try {
            return read(file, 1 << 16);
        } finally {
            file.release();
        }
    }

    public static long write(OpenFile file, String text) throws ErrnoException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        long memory = NativeMemory.allocate(Math.max(1, bytes.length));
        try {
            NativeMemory.copyFromArray(bytes, 0, memory, bytes.length);
            return file.write(new NativeBuffer(memory, bytes.length));
        } finally {
            NativeMemory.free(memory);
        }
    }

    public static long writeAt(OpenFile file, String text, long offset) throws ErrnoException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        long memory = NativeMemory.allocate(Math.max(1, bytes.length));
        try {
            NativeMemory.copyFromArray(bytes, 0, memory, bytes.length);
            return file.writeAt(new NativeBuffer(memory, bytes.length), offset);
        } finally {
            NativeMemory.free(memory);
        }
    }

    public static String read(OpenFile file, int lengthBytes) throws ErrnoException {
        return read(lengthBytes, file::read);
    }

    public static String readAt(OpenFile file, int lengthBytes, long offset) throws ErrnoException {
        return read(lengthBytes, buffer -> file.readAt(buffer, offset));
    }

    @FunctionalInterface
    private interface Reader {
        long read(NativeBuffer buffer) throws ErrnoException;
    }

    private static String read(int lengthBytes, Reader reader) throws ErrnoException {
        long memory = NativeMemory.allocate(lengthBytes);
        try {
            byte[] bytes = new byte[(int) reader.read(new NativeBuffer(memory, lengthBytes))];
            NativeMemory.copyToArray(memory, bytes, 0, bytes.length);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } finally {
            NativeMemory.free(memory);
        }
    }

    public void makeDirectory(String path) throws ErrnoException {
        FileOperations.makeDirectory(caller, start(), path, 0755);
    }

    public void makeLink(String target, String path) throws ErrnoException {
        FileOperations.makeLink(caller, target, start(), path);
    }

    public String readLink(String path) throws ErrnoException {
        return findLink(path).inode().readLink(caller);
    }

    public void link(String existing, String path) throws ErrnoException {
        FileOperations.link(caller, findLink(existing), start(), path);
    }

    public void unlink(String path) throws ErrnoException {
        FileOperations.unlink(caller, start(), path);
    }

    public void removeDirectory(String path) throws ErrnoException {
        FileOperations.removeDirectory(caller, start(), path);
    }

    public void rename(String from, String to) throws ErrnoException {
        rename(from, to, 0);
    }

    public void rename(String from, String to, int flags) throws ErrnoException {
        FileOperations.rename(caller, start(), from, start(), to, flags);
    }

    public void changeMode(String path, int mode) throws ErrnoException {
        Metadata.changeMode(caller, find(path), mode);
    }

    public void changeOwner(String path, int user, int group) throws ErrnoException {
        Metadata.changeOwner(caller, findLink(path), user, group);
    }

    public void truncate(String path, long sizeBytes) throws ErrnoException {
        Metadata.truncate(caller, find(path), sizeBytes);
    }

    /** Names in a directory without "." and "..", in the order in which they come. */
    public List<String> list(String path) throws ErrnoException {
        OpenFile file = open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        try {
            return list(file, Integer.MAX_VALUE);
        } finally {
            file.release();
        }
    }

    /** As {@link #list(String)}, the next so many of an open directory. */
    public List<String> list(OpenFile directory, int count) throws ErrnoException {
        List<String> names = new ArrayList<>();
        directory.readDirectory(caller, (name, inode, type, next) -> {
            if (name.equals(".") || name.equals("..")) {
                return true;
            }
            if (names.size() == count) {
                return false;
            }
            names.add(name);
            return true;
        });
        return names;
    }

    /** Name of a place, as getcwd(2) would give it. */
    public String name(Path path) {
        return PathName.of(caller.root(), path);
    }
}
