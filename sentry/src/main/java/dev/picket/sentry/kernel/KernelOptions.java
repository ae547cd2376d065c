package dev.picket.sentry.kernel;

/**
 * What a sandbox is made with.
 *
 * @param hostName what uname(2) shows
 * @param cpus how many CPUs the guest sees
 * @param memoryBytes how much memory the guest sees and may use
 * @param openFiles RLIMIT_NOFILE of the first process
 * @param processes how many tasks there may be at once; each costs a thread of the Sentry
 * @param fileSizeBytes RLIMIT_FSIZE of the first process; 0 for none
 * @param cpuSeconds CPU time of all processes together after which the sandbox is killed; 0 for none
 */
public record KernelOptions(
        String hostName,
        int cpus,
        long memoryBytes,
        long openFiles,
        long processes,
        long fileSizeBytes,
        long cpuSeconds) {
    /** What a sandbox gets for which no limits were asked. */
    public static final KernelOptions USUAL = new KernelOptions("picket", 1, 1L << 30, 65_536, 2_048, 0, 0);
}
