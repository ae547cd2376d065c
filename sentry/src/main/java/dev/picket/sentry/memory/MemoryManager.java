package dev.picket.sentry.memory;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.Platform;
import dev.picket.sentry.errno.ErrnoException;

/** SKELETON with the public methods, being written. */
public final class MemoryManager {
    public MemoryManager(Platform platform, FrameAllocator frames) {}

    public AddressSpace addressSpace() {
        throw new UnsupportedOperationException();
    }

    public FrameAllocator frames() {
        throw new UnsupportedOperationException();
    }

    public void retain() {}

    public void release() {}

    /** Limits asked from now on; a fork inherits them until they are set anew. */
    public void setLimits(MemoryLimits limits) {}

    public MemoryManager fork() throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public long map(MapRequest request) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public void unmap(long address, long lengthBytes) throws ErrnoException {}

    public void protect(long address, long lengthBytes, int prot) throws ErrnoException {}

    public long remap(long oldAddress, long oldLength, long newLength, int flags, long newAddress)
            throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public long brk(long address) {
        throw new UnsupportedOperationException();
    }

    public void advise(long address, long lengthBytes, int advice) throws ErrnoException {}

    public void sync(long address, long lengthBytes, int flags) throws ErrnoException {}

    public FaultOutcome handleFault(long address, int access) {
        throw new UnsupportedOperationException();
    }

    public void copyIn(long address, byte[] destination, int offset, int length) throws ErrnoException {}

    public void copyOut(long address, byte[] source, int offset, int length) throws ErrnoException {}

    public byte getByte(long address) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public short getShort(long address) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public int getInt(long address) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public long getLong(long address) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public void putByte(long address, byte value) throws ErrnoException {}

    public void putShort(long address, short value) throws ErrnoException {}

    public void putInt(long address, int value) throws ErrnoException {}

    public void putLong(long address, long value) throws ErrnoException {}

    public String copyInString(long address, int maximumBytes) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public int loadInt(long address) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public boolean compareAndSetInt(long address, int expected, int value) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public FutexKey futexKey(long address, boolean shared) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public GuestBuffer buffer(long address, long lengthBytes) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public GuestBuffer buffers(long iovecAddress, int count) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public void forEachMapping(MappingVisitor visitor) {}

    public ProgramAreas areas() {
        throw new UnsupportedOperationException();
    }

    public void setAreas(ProgramAreas areas) {}

    /** Bytes of all mappings (VmSize). */
    public long virtualBytes() {
        throw new UnsupportedOperationException();
    }

    /** Most bytes of mappings that there ever were (VmPeak). */
    public long peakVirtualBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of memory in use (VmRSS), an estimate. */
    public long residentBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of private writable mappings but the stack (VmData). */
    public long dataBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of the stack (VmStk). */
    public long stackBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes held by mlock(2) (VmLck). */
    public long lockedBytes() {
        throw new UnsupportedOperationException();
    }

    /** First address of the heap that brk(2) grows. */
    public long brkStart() {
        throw new UnsupportedOperationException();
    }

    /** Current end of the heap. */
    public long brkEnd() {
        throw new UnsupportedOperationException();
    }
}
