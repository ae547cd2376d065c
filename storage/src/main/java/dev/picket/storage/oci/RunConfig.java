package dev.picket.storage.oci;

import java.util.List;
import java.util.Map;

/**
 * How a container of the image runs unless told otherwise: the {@code config} of an OCI image configuration, with
 * Docker's additions. Lists and maps are unmodifiable; what the configuration lacks is empty, never null, but for
 * {@code entrypoint}, {@code command} and {@code healthCheck}, where absent and empty differ.
 *
 * @param user {@code user[:group]}, names or numbers
 * @param environment {@code NAME=value} each
 * @param entrypoint null if there is none
 * @param command null if there is none
 * @param exposedPorts {@code 80/tcp} each
 * @param volumes paths in the guest
 * @param stopSignal a name such as {@code SIGTERM}, or a number
 * @param healthCheck null if there is none
 */
public record RunConfig(
        String user,
        List<String> environment,
        List<String> entrypoint,
        List<String> command,
        String workingDirectory,
        Map<String, String> labels,
        List<String> exposedPorts,
        List<String> volumes,
        String stopSignal,
        HealthCheck healthCheck,
        List<String> onBuild,
        List<String> shell) {

    /** The empty one. */
    public static final RunConfig EMPTY = new RunConfig(
            "", List.of(), null, null, "", Map.of(), List.of(), List.of(), "", null, List.of(), List.of());

    /**
     * How to ask a container whether it is well. Times are in nanoseconds; 0 means Docker's default.
     *
     * @param test {@code NONE}, or {@code CMD} and arguments, or {@code CMD-SHELL} and a line
     */
    public record HealthCheck(
            List<String> test,
            long intervalNanos,
            long timeoutNanos,
            long startPeriodNanos,
            long startIntervalNanos,
            int retries) {}
}
