package dev.picket.sentry.fs.erofs;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** The bytes of an image, little-endian, of which none outside it can be read. */
final class ErofsImage {
    private final MemoryFile file;
    private final long lengthBytes;

    /** @param file mapped into this process, at least {@code lengthBytes} long */
    ErofsImage(MemoryFile file, long lengthBytes) {
        this.file = file;
        this.lengthBytes = lengthBytes;
    }

    MemoryFile file() {
        return file;
    }

    /** What an image that makes no sense is answered with. */
    static ErrnoException corrupt() {
        return ErrnoException.of(Errno.EUCLEAN);
    }

    /** Address in this process of {@code length} bytes from {@code offset} on; EUCLEAN if the image ends before. */
    long address(long offset, long length) throws ErrnoException {
        check(offset, length);
        return file.address(offset);
    }

    void check(long offset, long length) throws ErrnoException {
        if (offset < 0 || length < 0 || length > lengthBytes || offset > lengthBytes - length) {
            throw corrupt();
        }
    }

    int getByte(long offset) throws ErrnoException {
        return NativeMemory.getByte(address(offset, 1)) & 0xff;
    }

    int getShort(long offset) throws ErrnoException {
        return NativeMemory.getShort(address(offset, 2)) & 0xffff;
    }

    int getInt(long offset) throws ErrnoException {
        return NativeMemory.getInt(address(offset, 4));
    }

    long getUnsignedInt(long offset) throws ErrnoException {
        return Integer.toUnsignedLong(getInt(offset));
    }

    long getLong(long offset) throws ErrnoException {
        return NativeMemory.getLong(address(offset, 8));
    }

    byte[] getBytes(long offset, int length) throws ErrnoException {
        long address = address(offset, length);
        byte[] bytes = new byte[length];
        NativeMemory.copyToArray(address, bytes, 0, length);
        return bytes;
    }
}
