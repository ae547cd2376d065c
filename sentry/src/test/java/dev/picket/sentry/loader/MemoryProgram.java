package dev.picket.sentry.loader;

import dev.picket.platform.host.GuestMemoryFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.sentry.memory.FakeFile;
import dev.picket.sentry.memory.Mappable;

/** A program whose file is an array. */
final class MemoryProgram implements ProgramFile, AutoCloseable {
    private final byte[] contents;
    private final GuestMemoryFile file;

    MemoryProgram(byte[] contents) {
        this.contents = contents;
        this.file = GuestMemoryFile.create(Math.max(contents.length, 1) + 4095 & -4096);
        if (contents.length > 0) {
            NativeMemory.copyFromArray(contents, 0, file.address(0), contents.length);
        }
    }

    @Override
    public int read(long offset, byte[] destination) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset);
        }
        int count = (int) Math.max(0, Math.min(destination.length, contents.length - offset));
        if (count > 0) {
            System.arraycopy(contents, (int) offset, destination, 0, count);
        }
        return count;
    }

    @Override
    public Mappable mappable() {
        return new FakeFile(file, 0, contents.length);
    }

    @Override
    public void close() {
        file.close();
    }
}
