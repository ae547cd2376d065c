package dev.picket.platform;

/** Kinds of access to memory, as a bit set; the bits are those of PROT_READ, PROT_WRITE and PROT_EXEC in mmap(2). */
public final class Access {
    /** No access, or for a fault: the platform cannot tell which access it was. */
    public static final int NONE = 0;

    public static final int READ = 1;
    public static final int WRITE = 2;
    public static final int EXECUTE = 4;

    private Access() {}
}
