package dev.picket.platform.linux;

/**
 * System V shared memory, {@code include/uapi/linux/shm.h}: constants, and the structs of shmctl(2) on x86-64.
 *
 * <pre>
 * shmid64_ds   0 perm, see Ipc   56 atime   72 ctime   84 lpid     96 reserved
 *             48 segsz           64 dtime   80 cpid    88 nattch   to 112
 * shminfo64    0 shmmax   8 shmmin  16 shmmni  24 shmseg  32 shmall   reserved to 72
 * shm_info     0 used_ids, an int   8 tot  16 rss  24 swp  32 swap_attempts  40 swap_successes  to 48
 * </pre>
 */
public final class Shm {
    public static final int SHM_RDONLY = 010000;
    public static final int SHM_RND = 020000;
    public static final int SHM_REMAP = 040000;
    public static final int SHM_EXEC = 0100000;

    /** Flags of shmget(2). */
    public static final int SHM_HUGETLB = 04000;

    public static final int SHM_NORESERVE = 010000;

    /** Bits of the mode that shmctl(2) shows. */
    public static final int SHM_DEST = 01000;

    public static final int SHM_LOCKED = 02000;

    public static final int SHM_LOCK = 11;
    public static final int SHM_UNLOCK = 12;
    public static final int SHM_STAT = 13;
    public static final int SHM_INFO = 14;
    public static final int SHM_STAT_ANY = 15;

    public static final int SHMMIN = 1;

    public static final int SHMID_DS_SIZE = 112;
    public static final int SEGSZ = 48;
    public static final int ATIME = 56;
    public static final int DTIME = 64;
    public static final int CTIME = 72;
    public static final int CPID = 80;
    public static final int LPID = 84;
    public static final int NATTCH = 88;

    public static final int SHMINFO_SIZE = 72;
    public static final int SHMINFO_MAX = 0;
    public static final int SHMINFO_MIN = 8;
    public static final int SHMINFO_MNI = 16;
    public static final int SHMINFO_SEG = 24;
    public static final int SHMINFO_ALL = 32;

    public static final int SHM_INFO_SIZE = 48;
    public static final int SHM_INFO_USED_IDS = 0;
    public static final int SHM_INFO_TOT = 8;
    public static final int SHM_INFO_RSS = 16;

    private Shm() {}
}
