package dev.picket.sentry.fs.dev;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** /dev/null, zero, full, random and urandom; null(4), full(4), random(4). */
final class MemoryDevices {
    private static final int CHUNK_BYTES = 64 * 1024;

    private MemoryDevices() {}

    static OpenFile openNull(Inode inode, Caller caller, Path path, int flags) {
        return new Null(inode, path, flags);
    }

    static OpenFile openZero(Inode inode, Caller caller, Path path, int flags) {
        return new Zero(inode, path, flags);
    }

    static OpenFile openFull(Inode inode, Caller caller, Path path, int flags) {
        return new Full(inode, path, flags);
    }

    static OpenFile openRandom(Inode inode, Caller caller, Path path, int flags) {
        return new Random(inode, path, flags);
    }

    /** What the devices have in common: no positions that matter, never a wait. */
    private abstract static class Device extends OpenFile {
        private final Inode inode;

        Device(Inode inode, Path path, int flags) {
            super(path, flags);
            this.inode = inode;
        }

        @Override
        public final Inode inode() {
            return inode;
        }

        @Override
        public long write(GuestBuffer source) throws ErrnoException {
            return source.remaining(); // swallowed; Linux does not look at the memory either
        }

        @Override
        public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
            return read(destination);
        }

        @Override
        public long writeAt(GuestBuffer source, long offset) throws ErrnoException {
            return write(source);
        }

        @Override
        public long seek(long offset, int whence) {
            return 0; // null_lseek() of drivers/char/mem.c
        }

        @Override
        public boolean supportsPolling() {
            return true;
        }
    }

    private static final class Null extends Device {
        Null(Inode inode, Path path, int flags) {
            super(inode, path, flags);
        }

        @Override
        public long read(GuestBuffer destination) {
            return 0;
        }
    }

    private static class Zero extends Device {
        Zero(Inode inode, Path path, int flags) {
            super(inode, path, flags);
        }

        @Override
        public long read(GuestBuffer destination) throws ErrnoException {
            return destination.remaining() == 0 ? 0 : destination.zero(destination.remaining());
        }

        /** Mapping /dev/zero gives anonymous memory. */
        @Override
        public Mappable mappable() throws ErrnoException {
            return null;
        }
    }

    private static final class Full extends Zero {
        Full(Inode inode, Path path, int flags) {
            super(inode, path, flags);
        }

        @Override
        public long write(GuestBuffer source) throws ErrnoException {
            throw ErrnoException.of(Errno.ENOSPC);
        }

        @Override
        public Mappable mappable() throws ErrnoException {
            throw ErrnoException.of(Errno.ENODEV);
        }
    }

    private static final class Random extends Device {
        Random(Inode inode, Path path, int flags) {
            super(inode, path, flags);
        }

        @Override
        public long read(GuestBuffer destination) throws ErrnoException {
            long wanted = destination.remaining();
            if (wanted == 0) {
                return 0;
            }
            long buffer = NativeMemory.allocate(Math.min(wanted, CHUNK_BYTES));
            long done = 0;
            try {
                while (done < wanted) {
                    long got = ErrnoException.check(Host.getrandom(buffer, Math.min(wanted - done, CHUNK_BYTES), 0));
                    long copied;
                    try {
                        copied = destination.copyOutNative(buffer, got);
                    } catch (ErrnoException e) {
                        if (done == 0) {
                            throw e;
                        }
                        break;
                    }
                    done += copied;
                    if (copied < got) {
                        break;
                    }
                }
            } finally {
                NativeMemory.free(buffer);
            }
            return done;
        }
    }
}
