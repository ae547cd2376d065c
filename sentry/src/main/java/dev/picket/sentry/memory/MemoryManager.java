package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.concurrent.locks.StampedLock;

/**
 * Memory of one guest process: what mmap(2) and its relatives change, what page faults ask, and the way for system calls
 * to read and write guest memory.
 *
 * <p>Any thread may call. One lock guards all of it: copying holds it for reading, what changes mappings for writing. It
 * is not reentrant; nothing is called back with it held but {@link Mappable}s.
 */
public final class MemoryManager {
    /** Lowest address that programs may map, vm.mmap_min_addr of Linux: null pointers stay invalid. */
    static final long MINIMUM_ADDRESS = 65_536;

    private static final long HEAP_ROOM_BYTES = 1L << 30;
    private static final long STACK_ROOM_BYTES = 64L << 20;
    private static final long LOW_START = 0x4000_0000L;
    private static final long LOW_END = 0x8000_0000L;
    private static final long DEFAULT_GAP_BYTES = 128L << 20;

    final StampedLock lock = new StampedLock();
    final Pages pages;
    final Mappings mappings;
    final FaultResolver faults;
    final GrowthRoom stackRoom;
    final long addressLimit;
    private final Platform platform;
    private final FrameAllocator frames;
    private final GuestAccess access;
    private final GrowthRoom heapRoom;

    /** Tasks that use this; changed under the lock. */
    private int users = 1;

    private long mappingTop;
    private long brkStart;
    private long brkEnd;
    private boolean lockFuture;
    private volatile MemoryLimits limits = MemoryLimits.USUAL;
    private volatile ProgramAreas areas = ProgramAreas.NONE;

    /** An empty address space with one user. */
    public MemoryManager(Platform platform, FrameAllocator frames) {
        this(platform, frames, platform.newAddressSpace());
    }

    private MemoryManager(Platform platform, FrameAllocator frames, AddressSpace space) {
        this.platform = platform;
        this.frames = frames;
        this.addressLimit = platform.addressLimit();
        this.pages = new Pages(space, frames);
        this.mappings = new Mappings(pages, frames);
        this.stackRoom = new GrowthRoom(frames);
        this.heapRoom = new GrowthRoom(frames);
        this.faults = new FaultResolver(this);
        this.access = new GuestAccess(this);
        this.mappingTop = Pages.pageDown(addressLimit - DEFAULT_GAP_BYTES);
    }

    /** Where guest code of this process runs. */
    public AddressSpace addressSpace() {
        return pages.space;
    }

    public FrameAllocator frames() {
        return frames;
    }

    /** First address that is not the program's. */
    public long addressLimit() {
        return addressLimit;
    }

    /** One task more uses this. */
    public void retain() {
        if (!tryRetain()) {
            throw new IllegalStateException("address space has ended");
        }
    }

    /** As {@link #retain}, for those who look from outside: answers false if the address space has ended. */
    public boolean tryRetain() {
        long stamp = lock.writeLock();
        try {
            if (users == 0) {
                return false;
            }
            users++;
            return true;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** One task less uses this. The last one ends the address space and lets go of all its memory. */
    public void release() {
        long stamp = lock.writeLock();
        try {
            if (users == 0) {
                throw new IllegalStateException("address space has ended");
            }
            if (--users > 0) {
                return;
            }
            pages.space.close();
            pages.releaseAll();
            mappings.releaseAll();
            pages.releasePending();
            heapRoom.release();
            stackRoom.release();
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Limits that are asked from now on; a fork inherits them until it gets its own. */
    public void setLimits(MemoryLimits limits) {
        this.limits = limits;
    }

    MemoryLimits limits() {
        return limits;
    }

    /** mmap(2) places mappings below this address, the highest place first. Before that, below a usual stack. */
    public void setMappingTop(long address) {
        mappingTop = Math.min(Pages.pageDown(address), addressLimit);
    }

    /** Where the heap that brk(2) grows begins. It is empty then. */
    public void setBrkStart(long address) {
        brkStart = address;
        brkEnd = address;
    }

    /**
     * Copies the address space for fork(2): private memory becomes copy-on-write in both, shared memory stays shared. By
     * the thread whose task forks.
     *
     * @throws ErrnoException ENOMEM if the host refuses
     */
    public MemoryManager fork() throws ErrnoException {
        long stamp = lock.writeLock();
        try {
            var copied = new ArrayList<Vma>();
            for (Vma vma : mappings.all()) {
                if (!vma.isShared() && (vma.flags & (Vma.DONT_FORK | Vma.WIPE_ON_FORK)) == 0) {
                    copied.add(vma);
                }
            }
            pages.startCopyOnWrite(copied);
            AddressSpace space;
            try {
                space = pages.space.fork();
            } catch (PlatformException e) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            var child = new MemoryManager(platform, frames, space);
            child.mappingTop = mappingTop;
            child.brkStart = brkStart;
            child.brkEnd = brkEnd;
            child.limits = limits;
            child.areas = areas;
            for (Vma vma : mappings.all()) {
                child.inherit(vma, this);
            }
            return child;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private void inherit(Vma vma, MemoryManager parent) {
        var parts = parent.pages.parts(vma.start, vma.end);
        boolean forked = (vma.flags & Vma.DONT_FORK) == 0;
        boolean wiped = (vma.flags & Vma.WIPE_ON_FORK) != 0;
        if ((!forked || wiped) && !parts.isEmpty()) {
            pages.space.unmap(vma.start, vma.length());
        }
        if (!forked) {
            return;
        }
        Vma copy = vma.part(vma.start, vma.end);
        copy.hasMirror = false;
        copy.flags &= ~Vma.LOCKED; // mlock(2): locks are not inherited
        if (copy.mappable != null) {
            copy.mappable.retain();
        }
        mappings.add(copy);
        if (!wiped) {
            for (Segment part : parts) {
                pages.inherit(part);
            }
        }
    }

    /**
     * Maps memory; see mmap(2).
     *
     * @return the address
     * @throws ErrnoException EINVAL, ENOMEM, EEXIST, EPERM, EOVERFLOW, EAGAIN as mmap(2) has them; nothing was changed,
     *     but for a MAP_FIXED mapping that found no memory in the end
     */
    public long map(MapRequest request) throws ErrnoException {
        int flags = request.flags();
        if (request.lengthBytes() == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long length = Pages.pageUp(request.lengthBytes());
        if (length <= 0 || length > addressLimit) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        if ((request.offset() & Pages.PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (request.offset() < 0 || request.offset() > Long.MAX_VALUE - length) {
            throw ErrnoException.of(Errno.EOVERFLOW);
        }
        if ((flags & Mman.MAP_HUGETLB) != 0) {
            throw ErrnoException.of(Errno.ENOMEM); // as on a machine that has set no huge pages aside
        }
        long stamp = lock.writeLock();
        try {
            checkAlive();
            return mapLocked(request, length);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private long mapLocked(MapRequest request, long length) throws ErrnoException {
        int flags = request.flags();
        boolean shared = (flags & Mman.MAP_TYPE) != Mman.MAP_PRIVATE;
        int prot = request.prot() & (Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC);
        boolean growsDown = (flags & Mman.MAP_GROWSDOWN) != 0 && !shared && request.mappable() == null;
        boolean locked = (flags & Mman.MAP_LOCKED) != 0 || lockFuture;
        mappings.checkRoom(2);
        long address = place(request.address(), length, flags);
        long end = address + length;
        long replaced = mappings.isFree(address, end) ? 0 : mappings.overlap(address, end);
        if (exceedsAddressSpace(length - replaced)
                || Mappings.countsAsData(prot, shared, growsDown)
                        && mappings.dataBytes + length > limits.dataBytes()) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        if (locked && mappings.lockedBytes + length > limits.lockedBytes()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }

        Vma vma = new Vma(address, end);
        vma.prot = prot;
        vma.maxProt = request.maxProt();
        vma.flags = (shared ? Vma.SHARED : 0)
                | (growsDown ? Vma.GROWS_DOWN : 0)
                | (locked ? Vma.LOCKED : 0)
                | ((flags & Mman.MAP_NORESERVE) != 0 ? Vma.NO_RESERVE : 0);
        vma.name = request.name();
        vma.offset = request.offset();
        vma.mappable = request.mappable();
        if (vma.mappable != null) {
            vma.mappable.retain();
        } else if (shared) {
            vma.offset = 0;
            vma.mappable = new SharedMemory(frames, length, "/dev/zero (deleted)", address >>> 12);
        }
        insert(vma, replaced > 0, (flags & Mman.MAP_POPULATE) != 0 || locked);
        return address;
    }

    /** Puts a VMA where nothing is, or else replaces what is there, and maps what can be mapped at once. */
    void insert(Vma vma, boolean replace, boolean populate) throws ErrnoException {
        long start = vma.start;
        long end = vma.end;
        if (replace) {
            mappings.remove(start, end, false);
        }
        mappings.add(vma);
        try {
            if (vma.growsDown() && vma.isPrivateAnonymous() && stackRoom.isEmpty() && !vma.hasMirror) {
                stackRoom.makeMirror(vma, Math.min(Pages.pageUp(limits.stackBytes() & ~4095L), STACK_ROOM_BYTES), false);
            } else if (vma.isPrivateAnonymous()
                    && !vma.hasMirror
                    && vma.length() <= Mappings.LONGEST_MIRROR_BYTES) {
                mappings.makeMirror(vma); // PROT_NONE too: what becomes accessible of it stays together in the file
            }
            faults.fillEagerly(vma, populate);
        } catch (ErrnoException e) {
            mappings.remove(start, end, true);
            throw e;
        } finally {
            if (replace) {
                pages.unmapHoles(start, end);
                pages.releasePending();
            }
        }
        mappings.merge(start, end);
    }

    /** Chooses the address of a mapping. */
    private long place(long hint, long length, int flags) throws ErrnoException {
        boolean fixed = (flags & (Mman.MAP_FIXED | Mman.MAP_FIXED_NOREPLACE)) != 0;
        if (fixed) {
            if (hint < 0 || hint > addressLimit - length) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            if ((hint & Pages.PAGE_BYTES - 1) != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (hint < MINIMUM_ADDRESS) {
                throw ErrnoException.of(Errno.EPERM);
            }
            if ((flags & Mman.MAP_FIXED_NOREPLACE) != 0 && !mappings.isFree(hint, hint + length)) {
                throw ErrnoException.of(Errno.EEXIST);
            }
            return hint;
        }
        boolean low = (flags & Mman.MAP_32BIT) != 0;
        if (hint > 0 && hint <= addressLimit - length && !low) {
            long address = Math.max(Pages.pageUp(hint), MINIMUM_ADDRESS);
            if (address <= addressLimit - length && isFreeWithGuards(address, address + length)) {
                return address;
            }
        }
        long address = low ? mappings.lowestFree(length, LOW_START, LOW_END) : findPlace(length);
        if (address < 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        return address;
    }

    /**
     * Where {@link #map} would place a mapping of this length. Only for memory that nobody else uses yet: the place is not
     * held.
     *
     * @throws ErrnoException ENOMEM if there is none
     */
    public long freeAddress(long lengthBytes) throws ErrnoException {
        long length = Pages.pageUp(lengthBytes);
        if (length <= 0 || length > addressLimit) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        long stamp = lock.readLock();
        try {
            long address = findPlace(length);
            if (address < 0) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            return address;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** A free place for {@code length} bytes, or -1. */
    long findPlace(long length) {
        long alignment = length % FrameAllocator.HUGE_PAGE_BYTES == 0 ? FrameAllocator.HUGE_PAGE_BYTES : Pages.PAGE_BYTES;
        long address = mappings.highestFree(length, MINIMUM_ADDRESS, mappingTop, alignment);
        if (address < 0) {
            address = mappings.lowestFree(length, MINIMUM_ADDRESS, addressLimit);
        }
        return address;
    }

    private boolean isFreeWithGuards(long start, long end) {
        int index = mappings.vmas.firstEndingAfter(start);
        return index == mappings.vmas.size() || Mappings.guardedStart(mappings.vmas.get(index)) >= end;
    }

    /** Whether {@code more} bytes of mappings are too many for RLIMIT_AS. */
    boolean exceedsAddressSpace(long more) {
        return mappings.virtualBytes + more > limits.addressSpaceBytes();
    }

    /** Whether {@code more} bytes of data are too many for RLIMIT_DATA. */
    boolean exceedsData(long more) {
        return mappings.dataBytes + more > limits.dataBytes();
    }

    private void checkAlive() throws ErrnoException {
        if (users == 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
    }

    /** Removes the mappings of a range; see munmap(2): EINVAL. */
    public void unmap(long address, long lengthBytes) throws ErrnoException {
        long length = Pages.pageUp(lengthBytes);
        if ((address & Pages.PAGE_BYTES - 1) != 0 || address < 0 || lengthBytes <= 0 || length <= 0
                || address > addressLimit - length) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long stamp = lock.writeLock();
        try {
            if (mappings.wouldSplit(address, address + length)) {
                mappings.checkRoom(1);
            }
            mappings.remove(address, address + length, true);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /**
     * Changes what the program may do in a range; see mprotect(2): EINVAL, EACCES, ENOMEM. As on Linux, mappings before
     * the one that fails are changed.
     */
    public void protect(long address, long lengthBytes, int prot) throws ErrnoException {
        int growth = prot & (Mman.PROT_GROWSDOWN | Mman.PROT_GROWSUP);
        int known = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC | Mman.PROT_SEM;
        if ((address & Pages.PAGE_BYTES - 1) != 0 || (prot & ~(known | growth)) != 0
                || growth == (Mman.PROT_GROWSDOWN | Mman.PROT_GROWSUP)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (lengthBytes == 0) {
            return;
        }
        long length = Pages.pageUp(lengthBytes);
        if (length <= 0 || address < 0 || address > addressLimit - length) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        int wanted = prot & (Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC);
        long stamp = lock.writeLock();
        try {
            long start = growth == 0 ? address : growingStart(address, address + length, growth);
            new Protection(this).change(start, address + length, wanted);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private long growingStart(long start, long end, int growth) throws ErrnoException {
        int index = mappings.vmas.firstEndingAfter(start);
        if (index == mappings.vmas.size() || mappings.vmas.get(index).start >= end) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        Vma vma = mappings.vmas.get(index);
        if (growth == Mman.PROT_GROWSUP || !vma.growsDown()) {
            throw ErrnoException.of(Errno.EINVAL); // x86 has no mappings that grow up
        }
        return vma.start;
    }

    /** Moves, grows or shrinks a mapping; see mremap(2): EINVAL, EFAULT, ENOMEM, EAGAIN. */
    public long remap(long oldAddress, long oldLength, long newLength, int flags, long newAddress)
            throws ErrnoException {
        long stamp = lock.writeLock();
        try {
            checkAlive();
            return new Relocation(this).remap(oldAddress, oldLength, newLength, flags, newAddress);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Moves the end of the heap; answers where it is now, which tells whether that worked. See brk(2). */
    public long brk(long address) {
        long stamp = lock.writeLock();
        try {
            if (address < brkStart || address >= addressLimit || users == 0) {
                return brkEnd;
            }
            long oldEnd = Pages.pageUp(brkEnd);
            long newEnd = Pages.pageUp(address);
            if (newEnd < oldEnd) {
                mappings.remove(newEnd, oldEnd, true);
                heapRoom.takeBack(newEnd, oldEnd);
            } else if (newEnd > oldEnd && !growHeap(oldEnd, newEnd)) {
                return brkEnd;
            }
            brkEnd = address;
            return address;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private boolean growHeap(long oldEnd, long newEnd) {
        long more = newEnd - oldEnd;
        if (newEnd - brkStart > limits.dataBytes() || exceedsData(more) || exceedsAddressSpace(more)
                || !isFreeWithGuards(oldEnd, newEnd + Pages.PAGE_BYTES)) {
            return false;
        }
        Vma vma = new Vma(oldEnd, newEnd);
        vma.prot = Mman.PROT_READ | Mman.PROT_WRITE;
        vma.maxProt = vma.prot | Mman.PROT_EXEC;
        vma.flags = lockFuture ? Vma.LOCKED : 0;
        vma.name = "[heap]";
        try {
            mappings.checkRoom(1);
            if (!heapRoom.take(vma)) {
                heapRoom.makeMirror(vma, HEAP_ROOM_BYTES, true);
            }
            insert(vma, false, false);
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    /** Follows advice about a range; see madvise(2): EINVAL, ENOMEM. */
    public void advise(long address, long lengthBytes, int advice) throws ErrnoException {
        long stamp = lock.writeLock();
        try {
            new Advice(this).advise(address, lengthBytes, advice);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Checks the arguments of msync(2): EINVAL, ENOMEM, EBUSY. Mappings of a file share its pages: nothing is to do. */
    public void sync(long address, long lengthBytes, int flags) throws ErrnoException {
        int both = Mman.MS_ASYNC | Mman.MS_SYNC;
        if ((flags & ~(both | Mman.MS_INVALIDATE)) != 0 || (flags & both) == both
                || (address & Pages.PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long end = rangeEnd(address, lengthBytes, Errno.ENOMEM);
        long stamp = lock.readLock();
        try {
            if (!mappings.covers(address, end)) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            if ((flags & Mman.MS_INVALIDATE) != 0 && mappings.anyLocked(address, end)) {
                throw ErrnoException.of(Errno.EBUSY);
            }
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** End of the pages of a range; {@code errno} if it is not one. */
    long rangeEnd(long address, long lengthBytes, int errno) throws ErrnoException {
        long length = Pages.pageUp(lengthBytes);
        if (address < 0 || lengthBytes < 0 || length < 0 || address > addressLimit - length) {
            throw ErrnoException.of(errno);
        }
        return address + length;
    }

    /**
     * Which pages of a range are in memory: one byte each, 1 or 0; see mincore(2).
     *
     * @param pageCount how many bytes to fill, at most the length of {@code residency}
     * @throws ErrnoException ENOMEM if part of the range is not mapped
     */
    public void residency(long address, byte[] residency, int pageCount) throws ErrnoException {
        long end = rangeEnd(address, pageCount * Pages.PAGE_BYTES, Errno.ENOMEM);
        long stamp = lock.readLock();
        try {
            if (!mappings.covers(address, end)) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            for (int i = 0; i < pageCount; i++) {
                long page = address + i * Pages.PAGE_BYTES;
                Segment segment = pages.find(page);
                boolean present = segment != null
                        && (segment.file != frames.file()
                                || frames.residentBytes(page + segment.delta, Pages.PAGE_BYTES, 1) > 0);
                residency[i] = (byte) (present ? 1 : 0);
            }
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /**
     * Locks or unlocks a range; see mlock(2): ENOMEM, EINVAL. Nothing is ever swapped out, so this only keeps count.
     */
    public void lock(long address, long lengthBytes, boolean locked) throws ErrnoException {
        long start = Pages.pageDown(address);
        if (Long.compareUnsigned(address + lengthBytes, address) < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long end = rangeEnd(start, lengthBytes + (address - start), Errno.ENOMEM);
        long stamp = lock.writeLock();
        try {
            new Advice(this).setLocked(start, end, locked);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Locks or unlocks everything there is, and what will be mapped later; see mlockall(2): ENOMEM. */
    public void lockAll(boolean current, boolean future) throws ErrnoException {
        long stamp = lock.writeLock();
        try {
            if (current && mappings.virtualBytes > limits.lockedBytes()) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            lockFuture = future;
            if (current || !future) {
                new Advice(this).setAllLocked(current);
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /**
     * Resolves a page fault of guest code.
     *
     * @param accessBits bits of {@link Access}; NONE if the platform cannot tell, and then EXECUTE if the address is that
     *     of the instruction
     */
    public FaultOutcome handleFault(long address, int accessBits) {
        long stamp = lock.writeLock();
        try {
            return faults.resolve(address, accessBits, true);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Copies all of {@code length} bytes from the guest: EFAULT, and then part of the destination may have changed. */
    public void copyIn(long address, byte[] destination, int offset, int length) throws ErrnoException {
        access.checkWhole(access.copyIn(address, destination, offset, length), length);
    }

    /** Copies all of {@code length} bytes to the guest: EFAULT, and then part of it may have been copied. */
    public void copyOut(long address, byte[] source, int offset, int length) throws ErrnoException {
        access.checkWhole(access.copyOut(address, source, offset, length), length);
    }

    public byte getByte(long address) throws ErrnoException {
        return (byte) access.load(address, 1);
    }

    public short getShort(long address) throws ErrnoException {
        return (short) access.load(address, 2);
    }

    public int getInt(long address) throws ErrnoException {
        return (int) access.load(address, 4);
    }

    public long getLong(long address) throws ErrnoException {
        return access.load(address, 8);
    }

    public void putByte(long address, byte value) throws ErrnoException {
        access.store(address, value, 1);
    }

    public void putShort(long address, short value) throws ErrnoException {
        access.store(address, value, 2);
    }

    public void putInt(long address, int value) throws ErrnoException {
        access.store(address, value, 4);
    }

    public void putLong(long address, long value) throws ErrnoException {
        access.store(address, value, 8);
    }

    /**
     * A NUL-terminated byte string, as ISO 8859-1.
     *
     * @param maximumBytes how long it may be, with its NUL
     * @throws ErrnoException ENAMETOOLONG if no NUL comes within the maximum, EFAULT
     */
    public String copyInString(long address, int maximumBytes) throws ErrnoException {
        return access.copyInString(address, maximumBytes);
    }

    /** Reads a futex word, at once and not before what was read earlier: EINVAL if it is not aligned, EFAULT. */
    public int loadInt(long address) throws ErrnoException {
        return access.loadVolatile(address);
    }

    /** Changes a futex word if it has the expected value: EINVAL if it is not aligned, EFAULT. */
    public boolean compareAndSetInt(long address, int expected, int value) throws ErrnoException {
        return access.compareAndSet(address, expected, value);
    }

    /**
     * The key under which futexes at {@code address} find each other.
     *
     * @param shared whether other processes may use the futex: no FUTEX_PRIVATE_FLAG
     * @throws ErrnoException EFAULT if a shared futex is not mapped
     */
    public FutexKey futexKey(long address, boolean shared) throws ErrnoException {
        if (address < 0 || address > addressLimit - 4) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        if (!shared) {
            return new FutexKey(this, address);
        }
        long stamp = lock.readLock();
        try {
            Vma vma = mappings.find(address);
            if (vma == null || vma.prot == 0) {
                throw ErrnoException.of(Errno.EFAULT);
            }
            return vma.isShared()
                    ? new FutexKey(vma.mappable.identity(), vma.offsetOf(address))
                    : new FutexKey(this, address);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** One range of guest memory. EFAULT if it is not within the addresses of programs, as access_ok has it. */
    public GuestBuffer buffer(long address, long lengthBytes) throws ErrnoException {
        return GuestRanges.of(access, address, lengthBytes);
    }

    /** The ranges of an array of struct iovec, fetched once; see readv(2): EINVAL, EFAULT. */
    public GuestBuffer buffers(long iovecAddress, int count) throws ErrnoException {
        return GuestRanges.ofVector(access, iovecAddress, count, access);
    }

    /** As {@link #buffers}, but what the array names are addresses of another process; see process_vm_readv(2). */
    public GuestBuffer buffersIn(MemoryManager other, long iovecAddress, int count) throws ErrnoException {
        return GuestRanges.ofVector(access, iovecAddress, count, other.access);
    }

    /** Shows all mappings, as they were at one moment. */
    public void forEachMapping(MappingVisitor visitor) {
        var shown = new ArrayList<Vma>();
        long stamp = lock.readLock();
        try {
            for (Vma vma : mappings.all()) {
                shown.add(vma.part(vma.start, vma.end));
                if (vma.mappable != null) {
                    vma.mappable.retain();
                }
            }
        } finally {
            lock.unlockRead(stamp);
        }
        // Names of files are found under locks that come before this one.
        try {
            for (Vma vma : shown) {
                visitor.mapping(info(vma));
            }
        } finally {
            for (Vma vma : shown) {
                if (vma.mappable != null) {
                    vma.mappable.release();
                }
            }
        }
    }

    private static MappingInfo info(Vma vma) {
        Mappable mappable = vma.mappable;
        String name = vma.name != null || mappable == null ? vma.name : mappable.mappedName();
        return new MappingInfo(
                vma.start,
                vma.end,
                vma.prot,
                vma.isShared(),
                mappable == null ? 0 : vma.offset,
                mappable == null ? 0 : mappable.mappedDevice(),
                mappable == null ? 0 : mappable.mappedInode(),
                name,
                mappable == null,
                vma.growsDown(),
                (vma.flags & Vma.LOCKED) != 0);
    }

    /** Where the parts of the program lie. */
    public ProgramAreas areas() {
        return areas;
    }

    public void setAreas(ProgramAreas areas) {
        this.areas = areas;
    }

    /** Bytes of all mappings (VmSize). */
    public long virtualBytes() {
        return counted(mappings -> mappings.virtualBytes);
    }

    /** Most bytes of mappings that there ever were (VmPeak). */
    public long peakVirtualBytes() {
        return counted(mappings -> mappings.peakVirtualBytes);
    }

    /** Bytes of private writable mappings but the stack (VmData). */
    public long dataBytes() {
        return counted(mappings -> mappings.dataBytes);
    }

    /** Bytes of mappings that grow down (VmStk). */
    public long stackBytes() {
        return counted(Mappings::stackBytes);
    }

    /** Bytes held by mlock(2) (VmLck). */
    public long lockedBytes() {
        return counted(mappings -> mappings.lockedBytes);
    }

    /** Bytes of memory in use (VmRSS), an estimate: mapped pages of files count as present. Costs host calls. */
    public long residentBytes() {
        return counted(mappings -> pages.residentBytes());
    }

    /** First address of the heap. */
    public long brkStart() {
        return counted(mappings -> brkStart);
    }

    /** Current end of the heap. */
    public long brkEnd() {
        return counted(mappings -> brkEnd);
    }

    private long counted(java.util.function.ToLongFunction<Mappings> count) {
        long stamp = lock.readLock();
        try {
            return count.applyAsLong(mappings);
        } finally {
            lock.unlockRead(stamp);
        }
    }
}
