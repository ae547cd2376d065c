package dev.picket.platform.linux;

/**
 * System V semaphores, {@code include/uapi/linux/sem.h}: constants, and the structs of semop(2) and semctl(2) on x86-64.
 *
 * <pre>
 * sembuf       0 num, 2 op, 4 flg: shorts; to 6
 * semid64_ds   0 perm, see Ipc  48 otime  64 ctime  80 nsems  reserved to 104
 * seminfo      ints: 0 map  4 mni  8 mns  12 mnu  16 msl  20 opm  24 ume  28 usz  32 vmx  36 aem  to 40
 * </pre>
 */
public final class Sem {
    public static final int SEM_UNDO = 0x1000;

    public static final int GETPID = 11;
    public static final int GETVAL = 12;
    public static final int GETALL = 13;
    public static final int GETNCNT = 14;
    public static final int GETZCNT = 15;
    public static final int SETVAL = 16;
    public static final int SETALL = 17;
    public static final int SEM_STAT = 18;
    public static final int SEM_INFO = 19;
    public static final int SEM_STAT_ANY = 20;

    /** Highest value of a semaphore. */
    public static final int SEMVMX = 32767;

    /** Most that a process's end may add to a semaphore. */
    public static final int SEMAEM = SEMVMX;

    public static final int SEMUSZ = 20;

    public static final int SEMBUF_SIZE = 6;
    public static final int SEMBUF_NUM = 0;
    public static final int SEMBUF_OP = 2;
    public static final int SEMBUF_FLG = 4;

    public static final int SEMID_DS_SIZE = 104;
    public static final int OTIME = 48;
    public static final int CTIME = 64;
    public static final int NSEMS = 80;

    public static final int SEMINFO_SIZE = 40;

    private Sem() {}
}
