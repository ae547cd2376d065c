package dev.picket.platform.linux;

/**
 * Constants of System V IPC, {@code include/uapi/linux/ipc.h}, and struct ipc64_perm on x86-64, which the status of every
 * object begins with.
 *
 * <pre>
 *   0 key   8 gid   16 cgid   24 seq, a short    40 reserved
 *   4 uid  12 cuid  20 mode   32 reserved        to 48
 * </pre>
 */
public final class Ipc {
    /** As a key: an object that no key finds. */
    public static final int IPC_PRIVATE = 0;

    public static final int IPC_CREAT = 01000;
    public static final int IPC_EXCL = 02000;
    public static final int IPC_NOWAIT = 04000;

    public static final int IPC_RMID = 0;
    public static final int IPC_SET = 1;
    public static final int IPC_STAT = 2;
    public static final int IPC_INFO = 3;

    /** As a bit of a command: with structures of 64-bit systems, which x86-64 has without it. */
    public static final int IPC_64 = 0x100;

    /** Most objects of one kind (IPCMNI): ids are sequence numbers times this plus an index. */
    public static final int IPCMNI = 32768;

    public static final int PERM_SIZE = 48;
    public static final int PERM_KEY = 0;
    public static final int PERM_UID = 4;
    public static final int PERM_GID = 8;
    public static final int PERM_CUID = 12;
    public static final int PERM_CGID = 16;
    public static final int PERM_MODE = 20;
    public static final int PERM_SEQ = 24;

    private Ipc() {}
}
