package dev.picket.sentry.fs.host;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.DirectoryEntry;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The entries of a directory of the host, as they were at one moment, without those that guests do not see. */
final class HostListing {
    private static final int BUFFER_BYTES = 32 << 10;
    private static final int DT_UNKNOWN = 0;

    private final long modificationTimeNanos;
    private final List<String> names = new ArrayList<>();
    private byte[] types = new byte[16];
    private long[] inodes = new long[16];

    private HostListing(long modificationTimeNanos) {
        this.modificationTimeNanos = modificationTimeNanos;
    }

    /** Reads a directory by a descriptor of it, which may be one of O_PATH. */
    static HostListing read(int directory, long modificationTimeNanos) throws ErrnoException {
        int flags = Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC;
        int reading = Descriptor.checkOpened(Host.openat(directory, ".", flags, 0));
        long buffer = NativeMemory.allocate(BUFFER_BYTES);
        try {
            var listing = new HostListing(modificationTimeNanos);
            byte[] bytes = new byte[BUFFER_BYTES];
            while (true) {
                int length = (int) ErrnoException.check(Host.getdents64(reading, buffer, BUFFER_BYTES));
                if (length == 0) {
                    return listing;
                }
                NativeMemory.copyToArray(buffer, bytes, 0, length);
                listing.add(bytes, length, reading);
            }
        } finally {
            NativeMemory.free(buffer);
            Host.close(reading);
        }
    }

    private void add(byte[] bytes, int length, int directory) throws ErrnoException {
        for (int at = 0; at < length; ) {
            int recordLength = Short.toUnsignedInt(Bytes.getShort(bytes, at + DirectoryEntry.RECLEN));
            if (recordLength < DirectoryEntry.NAME || recordLength > length - at) {
                throw ErrnoException.of(Errno.EIO);
            }
            int nameStart = at + DirectoryEntry.NAME;
            int nameEnd = nameStart;
            while (nameEnd < at + recordLength && bytes[nameEnd] != 0) {
                nameEnd++;
            }
            String name = new String(bytes, nameStart, nameEnd - nameStart, StandardCharsets.ISO_8859_1);
            add(name, Bytes.getLong(bytes, at), bytes[at + DirectoryEntry.TYPE], directory);
            at += recordLength;
        }
    }

    private void add(String name, long inode, int toldType, int directory) throws ErrnoException {
        if (name.equals(".") || name.equals("..")) {
            return;
        }
        int type = toldType;
        if (type == DT_UNKNOWN) {
            try {
                type = HostStat.of(directory, name).type() >> 12;
            } catch (ErrnoException e) {
                return; // gone meanwhile, or not ours to see
            }
        }
        boolean shown =
                type == FileMode.S_IFREG >> 12 || type == FileMode.S_IFDIR >> 12 || type == FileMode.S_IFLNK >> 12;
        if (!shown) {
            return;
        }
        int index = names.size();
        if (index == types.length) {
            types = Arrays.copyOf(types, index * 2);
            inodes = Arrays.copyOf(inodes, index * 2);
        }
        names.add(name);
        types[index] = (byte) type;
        inodes[index] = inode;
    }

    long modificationTimeNanos() {
        return modificationTimeNanos;
    }

    int size() {
        return names.size();
    }

    String name(int index) {
        return names.get(index);
    }

    int type(int index) {
        return types[index];
    }

    long inode(int index) {
        return inodes[index];
    }
}
