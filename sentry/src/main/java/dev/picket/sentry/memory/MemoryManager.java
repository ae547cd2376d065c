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

    final StampedLock lock = new StampedLock();
    final Pages pages;
    final Mappings mappings;
    final FaultResolver faults;
    final GrowthRoom stackRoom;
    final Placement placement;
    final long addressLimit;
    private final Platform platform;
    private final FrameAllocator frames;
    private final GuestAccess access;
    private final Heap heap;
    private final Inspection inspection;

    /** Tasks that use this; changed under the lock. */
    private int users = 1;

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
        this.faults = new FaultResolver(this);
        this.access = new GuestAccess(this);
        this.placement = new Placement(mappings, addressLimit);
        this.heap = new Heap(this);
        this.inspection = new Inspection(this);
        frames.spaces().add(this);
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
            heap.release();
            stackRoom.release();
            frames.spaces().remove(this);
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
        placement.setTop(address);
    }

    /** Where the heap that brk(2) grows begins. It is empty then. */
    public void setBrkStart(long address) {
        heap.start = address;
        heap.end = address;
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
            child.placement.setTop(placement.top());
            child.heap.start = heap.start;
            child.heap.end = heap.end;
            child.limits = limits;
            child.areas = areas;
            long childStamp = child.lock.writeLock(); // a file may be cut off, and that is done in all address spaces
            try {
                for (Vma vma : mappings.all()) {
                    child.inherit(vma, this);
                }
            } finally {
                child.lock.unlockWrite(childStamp);
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
            return new Creation(this).map(request, length, lockFuture);
        } finally {
            lock.unlockWrite(stamp);
        }
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
            return placement.find(length);
        } finally {
            lock.unlockRead(stamp);
        }
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
        if ((address & Pages.PAGE_BYTES - 1) != 0
                || address < 0
                || lengthBytes <= 0
                || length <= 0
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

    /** Takes what lies behind the end of a file out of its mappings; see {@link AddressSpaces#cutOff}. */
    void cutOff(Object identity, long end) {
        long stamp = lock.writeLock();
        try {
            mappings.cutOff(identity, end);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Tells how many bytes one attachment of a mappable maps: -1 for what shmdt(2) has nothing to do with. */
    public interface AttachmentLength {
        long lengthBytes(Mappable mappable);
    }

    /**
     * Removes the mappings that are left of one attachment; see shmdt(2).
     *
     * @param address where it began
     * @return false if no attachment begins there
     */
    public boolean detach(long address, AttachmentLength lengths) throws ErrnoException {
        long stamp = lock.writeLock();
        try {
            return mappings.removeAttachment(address, lengths);
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
        if ((address & Pages.PAGE_BYTES - 1) != 0 || growth == (Mman.PROT_GROWSDOWN | Mman.PROT_GROWSUP)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (lengthBytes == 0) {
            return;
        }
        long length = Pages.pageUp(lengthBytes);
        if (Long.compareUnsigned(address + length, address) <= 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        if ((prot & ~(known | growth)) != 0) {
            throw ErrnoException.of(Errno.EINVAL); // which Linux finds only now
        }
        if (length <= 0 || address < 0 || address > addressLimit - length) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        int wanted = prot & (Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC);
        long stamp = lock.writeLock();
        try {
            var protection = new Protection(this);
            long start = growth == 0 ? address : protection.growingStart(address, address + length, growth);
            protection.change(start, address + length, wanted);
        } finally {
            lock.unlockWrite(stamp);
        }
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

    /** Lets a part of a shared mapping show another part of what it maps; see remap_file_pages(2): EINVAL, ENOMEM. */
    public void remapFile(long address, long lengthBytes, long pageOffset) throws ErrnoException {
        long stamp = lock.writeLock();
        try {
            checkAlive();
            new Relocation(this).remapFile(Pages.pageDown(address), Pages.pageDown(lengthBytes), pageOffset);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** Moves the end of the heap; answers where it is now, which tells whether that worked. See brk(2). */
    public long brk(long address) {
        long stamp = lock.writeLock();
        try {
            return users == 0 ? heap.end : heap.move(address, lockFuture);
        } finally {
            lock.unlockWrite(stamp);
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
        if ((flags & ~(both | Mman.MS_INVALIDATE)) != 0
                || (flags & both) == both
                || (address & Pages.PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long end = rangeEnd(address, lengthBytes, Errno.ENOMEM);
        inspection.checkSync(address, end, (flags & Mman.MS_INVALIDATE) != 0);
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
        inspection.residency(address, residency, pageCount);
    }

    /**
     * Locks or unlocks a range; see mlock(2): ENOMEM, EINVAL. Nothing is ever swapped out, so this only keeps count.
     */
    public void lock(long address, long lengthBytes, boolean locked) throws ErrnoException {
        long start = Pages.pageDown(address);
        long length = Pages.pageUp(lengthBytes + (address - start));
        if (Long.compareUnsigned(start + length, start) < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (length == 0) {
            return; // also when rounding up comes to nothing
        }
        long end = rangeEnd(start, length, Errno.ENOMEM);
        long stamp = lock.writeLock();
        try {
            new Advice(this).setLocked(start, end, locked);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /** What mlock(2) finds when it makes the pages present: ENOMEM if part of the range cannot be accessed at all. */
    public void checkAccessible(long address, long lengthBytes) throws ErrnoException {
        long start = Pages.pageDown(address);
        long end = start + Pages.pageUp(lengthBytes + (address - start)); // checked by lock()
        if (end == start) {
            return;
        }
        long stamp = lock.readLock();
        try {
            for (Vma vma : mappings.all()) {
                if (vma.start < end && vma.end > start && vma.prot == Mman.PROT_NONE) {
                    throw ErrnoException.of(Errno.ENOMEM);
                }
            }
        } finally {
            lock.unlockRead(stamp);
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

    /**
     * Reads on behalf of a debugger: also what is mapped without permissions.
     *
     * @return bytes copied, up to the first that is not mapped
     */
    public int inspect(long address, byte[] destination, int offset, int length) {
        return access.copyInForced(address, destination, offset, length);
    }

    /**
     * Writes on behalf of a debugger: private memory also where it is read-only, as for a breakpoint.
     *
     * @return bytes copied, up to the first that cannot be written
     */
    public int patch(long address, byte[] source, int offset, int length) {
        return access.copyOutForced(address, source, offset, length);
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
        return shared ? inspection.sharedFutexKey(address) : new FutexKey(this, address);
    }

    /** One range of guest memory. EFAULT if it is not within the addresses of programs, as access_ok has it. */
    public GuestBuffer buffer(long address, long lengthBytes) throws ErrnoException {
        return buffer(address, lengthBytes, null);
    }

    /** The same, made of a buffer that is not used any more, so that nothing is allocated. */
    public GuestBuffer buffer(long address, long lengthBytes, GuestBuffer spare) throws ErrnoException {
        return GuestRanges.of(access, address, lengthBytes, spare);
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
        inspection.forEachMapping(visitor);
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
        return counted(mappings -> heap.start);
    }

    /** Current end of the heap. */
    public long brkEnd() {
        return counted(mappings -> heap.end);
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
