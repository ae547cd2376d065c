package dev.picket.benchmark;

/** Numbers of the system calls of x86-64 that the benchmarks make. */
final class SystemCallNumbers {
    static final int OPEN = 2;
    static final int CLOSE = 3;
    static final int STAT = 4;
    static final int MMAP = 9;
    static final int MUNMAP = 11;
    static final int PREAD64 = 17;
    static final int PWRITE64 = 18;
    static final int FTRUNCATE = 77;
    static final int MKDIR = 83;
    static final int GETPPID = 110;

    private SystemCallNumbers() {}
}
