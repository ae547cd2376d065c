package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Mman.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.memory.MapRequest;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.OpenFile;

/** mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), msync(2), mincore(2), mlock(2). */
final class Memory {
    private static final long PAGE_BYTES = 4096;

    /** Unmapping so much costs more than finding out how much there was. */
    private static final long NOTED_BYTES = 8L << 20;

    /** How many pages mincore(2) looks at in one go: its vector is as long as the guest likes. */
    private static final int RESIDENCY_PAGES = 4096;

    private static final int ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

    /** The flags that Linux knows in a MAP_SHARED_VALIDATE mapping, MAP_SYNC and the like excepted. */
    private static final int VALIDATED_FLAGS = MAP_TYPE
            | MAP_FIXED
            | MAP_ANONYMOUS
            | MAP_32BIT
            | MAP_GROWSDOWN
            | MAP_DENYWRITE
            | MAP_EXECUTABLE
            | MAP_LOCKED
            | MAP_NORESERVE
            | MAP_POPULATE
            | MAP_NONBLOCK
            | MAP_STACK
            | MAP_HUGETLB
            | MAP_FIXED_NOREPLACE
            | MAP_UNINITIALIZED;

    private Memory() {}

    /** mmap(2). */
    static long mmap(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);
        int prot = args.asInt(2);
        int flags = args.asInt(3);
        int fd = args.asInt(4);
        long offset = args.asLong(5);

        if ((offset & PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        OpenFile file = (flags & MAP_ANONYMOUS) != 0 ? null : task.file(fd);
        if (length == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (Long.compareUnsigned(length, -PAGE_BYTES) > 0) {
            throw ErrnoException.of(
                    Errno.ENOMEM); // rounded up it is none; Linux finds that before it looks at the flags
        }

        MapRequest request = file == null
                ? anonymous(address, length, prot, flags)
                : ofFile(file, address, length, prot, flags, offset);
        return task.memory().map(request);
    }

    private static MapRequest anonymous(long address, long length, int prot, int flags) throws ErrnoException {
        int type = flags & MAP_TYPE;
        boolean valid = type == MAP_PRIVATE || type == MAP_SHARED && (flags & MAP_GROWSDOWN) == 0;
        if (!valid) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return new MapRequest(address, length, prot, flags, null, 0, ALL, null);
    }

    private static MapRequest ofFile(OpenFile file, long address, long length, int prot, int flags, long offset)
            throws ErrnoException {
        int maxProt = ALL;
        if ((flags & MAP_HUGETLB) != 0) {
            throw ErrnoException.of(Errno.EINVAL); // only files of hugetlbfs
        }
        switch (flags & MAP_TYPE) {
            case MAP_SHARED -> maxProt = sharedProt(file, prot);
            case MAP_SHARED_VALIDATE -> {
                if ((flags & ~VALIDATED_FLAGS) != 0) {
                    throw ErrnoException.of(Errno.EOPNOTSUPP);
                }
                maxProt = sharedProt(file, prot);
            }
            case MAP_PRIVATE -> {}
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        if (!file.isReadable()) {
            throw ErrnoException.of(Errno.EACCES);
        }
        if ((prot & PROT_EXEC) != 0 && isWithoutName(file)) {
            throw ErrnoException.of(Errno.EPERM); // pipes, sockets and the like are on file systems that forbid it
        }
        if (file.path() != null && (file.path().mount().flags() & Mount.NO_EXECUTE) != 0) {
            if ((prot & PROT_EXEC) != 0) {
                throw ErrnoException.of(Errno.EPERM);
            }
            maxProt &= ~PROT_EXEC;
        }
        var mappable = (flags & MAP_TYPE) == MAP_PRIVATE ? file.mappable() : file.mappableShared();
        if ((flags & MAP_GROWSDOWN) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return new MapRequest(address, length, prot, flags, mappable, offset, maxProt, null);
    }

    private static boolean isWithoutName(OpenFile file) {
        return switch (file.inode().type()) {
            case FileMode.S_IFSOCK, 0 -> true;
            case FileMode.S_IFIFO -> file.path() == null;
            default -> false;
        };
    }

    private static int sharedProt(OpenFile file, int prot) throws ErrnoException {
        if (file.isWritable() && !file.inode().isSealedAgainstWriting()) {
            return ALL;
        }
        if (file.isWritable() && (prot & PROT_WRITE) != 0) {
            throw ErrnoException.of(Errno.EPERM); // sealed
        }
        if ((prot & PROT_WRITE) != 0) {
            throw ErrnoException.of(Errno.EACCES);
        }
        return ALL & ~PROT_WRITE;
    }

    /** munmap(2). */
    static long munmap(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);

        if (Long.compareUnsigned(length, NOTED_BYTES) >= 0) {
            task.group().noteResident(task.memory().residentBytes()); // for ru_maxrss: it gets less now
        }
        task.memory().unmap(address, length);
        return 0;
    }

    /** mprotect(2). */
    static long mprotect(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);
        int prot = args.asInt(2);

        task.memory().protect(address, length, prot);
        return 0;
    }

    /** pkey_mprotect(2). */
    static long pkeyMprotect(Task task, SyscallArguments args) throws ErrnoException {
        int key = args.asInt(3);

        if (key != -1) {
            throw ErrnoException.of(Errno.EINVAL); // no key was ever allocated
        }
        return mprotect(task, args);
    }

    /** remap_file_pages(2). */
    static long remapFilePages(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);
        long pageOffset = args.asSize(3);
        if (args.asInt(2) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        task.memory().remapFile(address, length, pageOffset);
        return 0;
    }

    /** mremap(2). */
    static long mremap(Task task, SyscallArguments args) throws ErrnoException {
        long oldAddress = args.asAddress(0);
        long oldLength = args.asSize(1);
        long newLength = args.asSize(2);
        int flags = args.asInt(3);
        long newAddress = args.asAddress(4);

        return task.memory().remap(oldAddress, oldLength, newLength, flags, newAddress);
    }

    /** brk(2), as the kernel has it: the answer is where the heap ends now. */
    static long brk(Task task, SyscallArguments args) {
        long address = args.asAddress(0);

        return task.memory().brk(address);
    }

    /** madvise(2). */
    static long madvise(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);
        int advice = args.asInt(2);

        task.memory().advise(address, length, advice);
        return 0;
    }

    /** msync(2). */
    static long msync(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);
        int flags = args.asInt(2);

        task.memory().sync(address, length, flags);
        return 0;
    }

    /** mincore(2). */
    static long mincore(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);
        long vector = args.asAddress(2);

        var memory = task.memory();
        if ((address & PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (address < 0 || length < 0 || length > memory.addressLimit() - address) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        task.buffer(vector, (length + PAGE_BYTES - 1) / PAGE_BYTES); // EFAULT comes first
        byte[] residency = new byte[RESIDENCY_PAGES];
        long pages = (length + PAGE_BYTES - 1) / PAGE_BYTES;
        for (long done = 0; done < pages; ) {
            int count = (int) Math.min(pages - done, RESIDENCY_PAGES);
            memory.residency(address + done * PAGE_BYTES, residency, count);
            memory.copyOut(vector + done, residency, 0, count);
            done += count;
            if (task.hasPendingSignal() && done < pages) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
        }
        return 0;
    }

    /** mlock(2). */
    static long mlock(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);

        task.memory().lock(address, length, true);
        task.memory().checkAccessible(address, length);
        return 0;
    }

    /** mlock2(2). */
    static long mlock2(Task task, SyscallArguments args) throws ErrnoException {
        int flags = args.asInt(2);

        if ((flags & ~MLOCK_ONFAULT) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((flags & MLOCK_ONFAULT) == 0) {
            return mlock(task, args);
        }
        task.memory().lock(args.asAddress(0), args.asSize(1), true);
        return 0;
    }

    /** munlock(2). */
    static long munlock(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long length = args.asSize(1);

        task.memory().lock(address, length, false);
        return 0;
    }

    /** mlockall(2). */
    static long mlockall(Task task, SyscallArguments args) throws ErrnoException {
        int flags = args.asInt(0);

        boolean known = (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) == 0;
        if (!known || (flags & (MCL_CURRENT | MCL_FUTURE)) == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        task.memory().lockAll((flags & MCL_CURRENT) != 0, (flags & MCL_FUTURE) != 0);
        return 0;
    }

    /** munlockall(2). */
    static long munlockall(Task task, SyscallArguments args) throws ErrnoException {
        task.memory().lockAll(false, false);
        return 0;
    }
}
