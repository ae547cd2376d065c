package dev.picket.platform.stub;

import dev.picket.platform.MemoryFile;

/**
 * Which {@link MemoryFile} each descriptor of a stub stands for, from a first number on. A stub holds a bounded number of
 * files open; mappings outlive descriptors, so one that is pushed out is fetched again when it is needed. Not thread-safe.
 */
public final class FileSlots {
    private static final int SLOTS = 64;

    private final int firstDescriptor;
    private final MemoryFile[] files;
    private int victim;

    /** No files; they get descriptors from {@code firstDescriptor} on. */
    public FileSlots(int firstDescriptor) {
        this(firstDescriptor, new MemoryFile[SLOTS], 0);
    }

    private FileSlots(int firstDescriptor, MemoryFile[] files, int victim) {
        this.firstDescriptor = firstDescriptor;
        this.files = files;
        this.victim = victim;
    }

    /** The table of a process that was forked from this one. */
    public FileSlots copy() {
        return new FileSlots(firstDescriptor, files.clone(), victim);
    }

    /** Descriptor of the file, or -1 if it has none. */
    public int find(MemoryFile file) {
        for (int i = 0; i < SLOTS; i++) {
            if (files[i] == file) {
                return firstDescriptor + i;
            }
        }
        return -1;
    }

    /** The lowest descriptor that stands for nothing, or -1 if all are taken. */
    public int free() {
        return find(null);
    }

    /** The descriptor whose turn it is to be given up, if all are taken. */
    public int evict() {
        int slot = victim;
        victim = (victim + 1) % SLOTS;
        files[slot] = null;
        return firstDescriptor + slot;
    }

    /** Notes that a descriptor stands for a file now. */
    public void put(int descriptor, MemoryFile file) {
        files[descriptor - firstDescriptor] = file;
    }
}
