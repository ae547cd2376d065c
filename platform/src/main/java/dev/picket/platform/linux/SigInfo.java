package dev.picket.platform.linux;

/** Layout of {@code siginfo_t}; see sigaction(2).
 *
 * <pre>
 * 0 si_signo   4 si_errno   8 si_code   12 padding   16 what depends on the code, to byte 128
 * kill, queue: 16 pid 20 uid 24 value    timer: 16 id 20 overrun 24 value
 * child: 16 pid 20 uid 24 status 32 utime 40 stime    fault: 16 address    poll: 16 band 24 descriptor
 * call: 16 address 24 number 28 architecture
 * </pre>
 */
public final class SigInfo {
    public static final int BYTES = 128;
    public static final int SI_SIGNO = 0;
    public static final int SI_ERRNO = 4;
    public static final int SI_CODE_OFFSET = 8;
    public static final int SI_BAND = 16;
    public static final int SI_FD = 24;
    public static final int SI_PID = 16;
    public static final int SI_UID = 20;
    public static final int SI_VALUE = 24;
    public static final int SI_STATUS = 24;
    public static final int SI_UTIME = 32;
    public static final int SI_STIME = 40;
    public static final int SI_ADDR = 16;
    public static final int SI_CALL_ADDR = 16;
    public static final int SI_SYSCALL = 24;
    public static final int SI_ARCH = 28;
    public static final int SI_TIMERID = 16;
    public static final int SI_OVERRUN = 20;

    private SigInfo() {}
}
