package dev.picket.platform.amd64;

import dev.picket.platform.host.NativeMemory;

/**
 * The XSAVE area in the standard format, as ptrace(2) and signal frames show it: Intel SDM volume 1, chapter 13.
 *
 * <pre>
 *    0  legacy area: fcw, fsw, ftw ... 24 mxcsr  28 mxcsr_mask  32 st0-7  160 xmm0-15
 *  464  software-reserved: ptrace(2) puts the mask of features of the machine here
 *  512  header: xstate_bv (8)  xcomp_bv (8)  reserved (48)
 *  576  components; the tiles of AMX come last: 2752 configuration (64), 2816 data (8192)
 * </pre>
 */
public final class FpuState {
    /** Size of legacy area and header; no area is smaller. */
    public static final int MINIMUM_BYTES = 576;

    /** More than any area that this code can meet; AMX takes 11,008 bytes. */
    public static final int MAXIMUM_BYTES = 16_384;

    private static final int MXCSR = 24;
    private static final int MXCSR_MASK = 28;
    private static final int FEATURES = 464;
    private static final int XSTATE_BV = 512;
    private static final int XCOMP_BV = 520;
    private static final int AMX_OFFSET = 2752;

    /** XTILECFG and XTILEDATA: the host gives them only to who asks by arch_prctl(2), which a guest cannot. */
    private static final long AMX_FEATURES = 3L << 17;

    /** What mxcsr_mask means if it is zero. */
    private static final int DEFAULT_MXCSR_MASK = 0xFFBF;

    private FpuState() {}

    /** Puts the mask of features where ptrace(2) has it, into an area that comes from a signal frame. */
    public static void noteFeatures(long area, long features) {
        NativeMemory.putLong(area + FEATURES, features);
    }

    /** How much of an area of {@code fullBytes} a guest is shown: all but AMX. */
    public static int shownBytes(long area, int fullBytes) {
        boolean hasAmx = (NativeMemory.getLong(area + FEATURES) & AMX_FEATURES) != 0;
        return hasAmx ? Math.min(fullBytes, AMX_OFFSET) : fullBytes;
    }

    /** The features whose state a guest may have, of a machine whose area is this one. */
    public static long guestFeatures(long area) {
        return NativeMemory.getLong(area + FEATURES) & ~AMX_FEATURES;
    }

    /**
     * Clears whatever the processor or the host's kernel would refuse in an area that a guest wrote.
     *
     * @param features the features the guest may have
     * @param reference an area of this machine, for its mask of mxcsr
     */
    public static void sanitise(long area, long features, long reference) {
        int mask = NativeMemory.getInt(reference + MXCSR_MASK);
        if (mask == 0) {
            mask = DEFAULT_MXCSR_MASK;
        }
        NativeMemory.putInt(area + MXCSR, NativeMemory.getInt(area + MXCSR) & mask);
        NativeMemory.putInt(area + MXCSR_MASK, mask);
        NativeMemory.putLong(area + XSTATE_BV, NativeMemory.getLong(area + XSTATE_BV) & features);
        NativeMemory.fill(area + XCOMP_BV, MINIMUM_BYTES - XCOMP_BV, (byte) 0);
    }
}
