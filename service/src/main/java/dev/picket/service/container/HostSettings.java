package dev.picket.service.container;

import java.util.List;
import java.util.Map;

/**
 * The part of a container's settings that is about this host. 0 and null mean "not given".
 *
 * @param runtime the platform: {@code ptrace}, ..., {@code auto}; null or empty: the default of the service
 * @param memoryBytes bound of guest memory
 * @param processes bound of the number of guest tasks; negative or 0: none
 * @param nanoCpus CPUs in units of 10^-9
 * @param ulimits soft and hard limits by name ({@code nofile}, {@code fsize}, {@code cpu}, ...)
 * @param tmpfs mount points to options ({@code size=64m})
 * @param binds bind mounts, {@code host:guest[:ro]}: refused until volumes are there
 * @param logDriver {@code json-file}, {@code none}; null: json-file
 * @param logOptions {@code max-size}, {@code max-file}
 * @param restartPolicy {@code no}, {@code on-failure}, {@code always}, {@code unless-stopped}; null: no
 * @param rows initial rows of the terminal; 0: unknown
 * @param columns initial columns of the terminal; 0: unknown
 * @param trace whether the Sentry renders every system call to {@code trace-ID.log} in the service's run directory
 */
public record HostSettings(
        String runtime,
        boolean autoRemove,
        long memoryBytes,
        long processes,
        long nanoCpus,
        List<Ulimit> ulimits,
        Map<String, String> tmpfs,
        List<String> binds,
        String logDriver,
        Map<String, String> logOptions,
        String restartPolicy,
        int maximumRetries,
        boolean privileged,
        boolean readOnlyRoot,
        long sharedMemoryBytes,
        int rows,
        int columns,
        boolean trace) {

    /** Nothing given. */
    public static final HostSettings NONE =
            new HostSettings(null, false, 0, 0, 0, null, null, null, null, null, null, 0, false, false, 0, 0, 0, false);

    /** A resource limit; -1 means unlimited. */
    public record Ulimit(String name, long soft, long hard) {}
}
