package dev.picket.sentry.loader;

/**
 * What the auxiliary vector tells programs about the processor. A JVM cannot execute CPUID, so the worker takes the
 * values from its own auxiliary vector, which is that of the same processor.
 *
 * @param capabilities AT_HWCAP: edx of CPUID leaf 1
 * @param capabilities2 AT_HWCAP2: ring 3 MONITOR/MWAIT and FSGSBASE
 * @param signalFrameBytes AT_MINSIGSTKSZ: how much stack a signal handler needs at least
 */
public record MachineFacts(long capabilities, long capabilities2, long signalFrameBytes) {
    /** Without the FSGSBASE instructions, and with room for AVX-512: for where nothing is known. */
    public static final MachineFacts BASELINE = new MachineFacts(0x178bfbffL, 0, 3632);
}
