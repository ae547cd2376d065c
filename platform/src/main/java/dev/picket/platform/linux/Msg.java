package dev.picket.platform.linux;

/**
 * System V message queues, {@code include/uapi/linux/msg.h}: constants, and the structs of msgctl(2) on x86-64.
 *
 * <pre>
 * msqid64_ds   0 perm, see Ipc  56 rtime  72 cbytes  88 qbytes  100 lrpid
 *             48 stime          64 ctime  80 qnum    96 lspid   reserved to 120
 * msginfo      ints: 0 pool  4 map  8 max  12 mnb  16 mni  20 ssz  24 tql  28 seg, a short  to 32
 * </pre>
 */
public final class Msg {
    public static final int MSG_NOERROR = 010000;
    public static final int MSG_EXCEPT = 020000;
    public static final int MSG_COPY = 040000;

    public static final int MSG_STAT = 11;
    public static final int MSG_INFO = 12;
    public static final int MSG_STAT_ANY = 13;

    public static final int MSQID_DS_SIZE = 120;
    public static final int STIME = 48;
    public static final int RTIME = 56;
    public static final int CTIME = 64;
    public static final int CBYTES = 72;
    public static final int QNUM = 80;
    public static final int QBYTES = 88;
    public static final int LSPID = 96;
    public static final int LRPID = 100;

    public static final int MSGINFO_SIZE = 32;

    private Msg() {}
}
