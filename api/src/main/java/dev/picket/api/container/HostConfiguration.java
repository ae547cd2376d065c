package dev.picket.api.container;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.picket.service.container.HostSettings;
import dev.picket.service.failure.Failure;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Docker's HostConfig. What would change what the sandbox may touch is honoured or refused, never ignored; what would only
 * change how the host treats it (weights, swap, OOM score) is ignored, because clients send such values without meaning
 * anything by them; in between the client gets a warning.
 *
 * @param consoleSize rows and columns
 * @param others everything else, given back by inspect as it came
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HostConfiguration(
        String runtime,
        String networkMode,
        Boolean autoRemove,
        Long memory,
        Long pidsLimit,
        Long nanoCpus,
        Long cpuQuota,
        Long cpuPeriod,
        List<Ulimit> ulimits,
        Map<String, String> tmpfs,
        List<String> binds,
        List<Mount> mounts,
        LogConfig logConfig,
        RestartPolicy restartPolicy,
        Boolean privileged,
        Boolean readonlyRootfs,
        Long shmSize,
        List<Integer> consoleSize,
        Map<String, Object> portBindings,
        Boolean publishAllPorts,
        List<Object> devices,
        List<Object> deviceRequests,
        List<String> deviceCgroupRules,
        List<String> capAdd,
        List<String> capDrop,
        List<String> volumesFrom,
        List<String> links,
        List<String> extraHosts,
        String pidMode,
        String ipcMode,
        @com.fasterxml.jackson.annotation.JsonProperty("UTSMode") String utsMode,
        String usernsMode,
        String cgroupnsMode,
        Map<String, String> sysctls,
        Map<String, String> annotations,
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, Object> others) {

    /** Annotation by which a client asks for a rendering of every system call: a value of "true". */
    public static final String TRACE_ANNOTATION = "dev.picket.strace";

    /** Nothing given. */
    public static final HostConfiguration EMPTY = new HostConfiguration(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            Map.of());

    private static final long DEFAULT_CPU_PERIOD_MICROS = 100_000;
    private static final long DEFAULT_SHARED_MEMORY_BYTES = 64L * 1024 * 1024;
    private static final long NANOS = 1_000_000_000L;

    /** A resource limit; -1 means unlimited. */
    public record Ulimit(String name, Long soft, Long hard) {}

    /** Where the log goes. */
    public record LogConfig(String type, Map<String, String> config) {}

    /** Whether it is started again when it ends. */
    public record RestartPolicy(String name, Integer maximumRetryCount) {}

    /** A mount in the long form. */
    public record Mount(String type, String source, String target, Boolean readOnly, TmpfsOptions tmpfsOptions) {
        /** Bounds of a tmpfs. */
        public record TmpfsOptions(Long sizeBytes, Integer mode) {}
    }

    /** Compact constructor: a record that was parsed without other properties has none. */
    public HostConfiguration {
        others = others == null ? Map.of() : others;
    }

    /**
     * What the service shall do.
     *
     * @param warnings is given a line for each setting that is ignored although somebody may count on it
     * @throws Failure.BadParameter for what is refused
     */
    HostSettings settings(List<String> warnings) {
        refuse(given(devices) || given(deviceRequests) || given(deviceCgroupRules), "devices of the host");
        refuse(given(volumesFrom), "volumes of other containers");
        refuse(given(links), "links to other containers");
        refuse(given(portBindings) || isTrue(publishAllPorts), "published ports");
        refuse(sharesNamespace(pidMode), "the PID mode '" + pidMode + "'");
        refuse(sharesNamespace(ipcMode), "the IPC mode '" + ipcMode + "'");
        refuse(sharesNamespace(utsMode), "the UTS mode '" + utsMode + "'");
        refuse("host".equals(usernsMode) && isTrue(privileged), "the user namespace of the host");
        refuse("host".equals(cgroupnsMode) && isTrue(privileged), "the cgroup namespace of the host");
        checkNetworkMode();

        warn(warnings, given(capAdd) || given(capDrop), "added and dropped capabilities");
        warn(warnings, given(extraHosts), "additional hosts");
        warn(warnings, given(sysctls), "sysctls");
        warn(warnings, isTrue(others.get("OomKillDisable")), "OomKillDisable");
        warn(warnings, others.get("CpusetCpus") instanceof String cpus && !cpus.isEmpty(), "the choice of CPUs");

        return new HostSettings(
                runtime,
                isTrue(autoRemove),
                orZero(memory),
                orZero(pidsLimit),
                cpus(),
                serviceUlimits(),
                serviceTmpfs(),
                serviceBinds(),
                logConfig == null
                                || logConfig.type() == null
                                || logConfig.type().isEmpty()
                        ? null
                        : logConfig.type(),
                logConfig == null ? null : logConfig.config(),
                restartPolicy == null
                                || restartPolicy.name() == null
                                || restartPolicy.name().isEmpty()
                        ? null
                        : restartPolicy.name(),
                restartPolicy == null || restartPolicy.maximumRetryCount() == null
                        ? 0
                        : restartPolicy.maximumRetryCount(),
                isTrue(privileged),
                isTrue(readonlyRootfs),
                orZero(shmSize),
                consoleDimension(0),
                consoleDimension(1),
                annotations != null && "true".equals(annotations.get(TRACE_ANNOTATION)));
    }

    private void checkNetworkMode() {
        String mode = networkMode == null || networkMode.isEmpty() ? "default" : networkMode;
        switch (mode) {
                // A sandbox has a loopback of its own and no way out yet; these ask for nothing that could leak.
            case "default", "none", "bridge", "nat" -> {}
            case "host" -> throw new Failure.BadParameter("the network of the host is not available to sandboxes");
            default -> {
                if (mode.startsWith("container:")) {
                    throw new Failure.BadParameter("the network of another container is not supported");
                }
                throw new Failure.NotFound("network " + mode + " not found");
            }
        }
    }

    private long cpus() {
        if (orZero(nanoCpus) != 0 || orZero(cpuQuota) <= 0) {
            return orZero(nanoCpus);
        }
        long period = orZero(cpuPeriod) == 0 ? DEFAULT_CPU_PERIOD_MICROS : cpuPeriod;
        if (period < 1_000 || period > 1_000_000) {
            throw new Failure.BadParameter(
                    "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e." + " 1000000)");
        }
        return (long) (cpuQuota / (double) period * NANOS);
    }

    private List<HostSettings.Ulimit> serviceUlimits() {
        if (ulimits == null) {
            return null;
        }
        List<HostSettings.Ulimit> limits = new ArrayList<>();
        for (Ulimit limit : ulimits) {
            if (limit == null || limit.name() == null) {
                throw new Failure.BadParameter("invalid ulimit: it has no name");
            }
            limits.add(new HostSettings.Ulimit(limit.name(), orZero(limit.soft()), orZero(limit.hard())));
        }
        return limits;
    }

    /** Both forms of tmpfs mounts. */
    private Map<String, String> serviceTmpfs() {
        Map<String, String> all = new HashMap<>(tmpfs == null ? Map.of() : tmpfs);
        for (Mount mount : mounts == null ? List.<Mount>of() : mounts) {
            if (mount != null && "tmpfs".equals(mount.type())) {
                if (mount.target() == null || mount.target().isEmpty()) {
                    throw new Failure.BadParameter(
                            "invalid mount config for type \"tmpfs\": field Target must not be" + " empty");
                }
                var options = mount.tmpfsOptions();
                all.put(
                        mount.target(),
                        options == null || options.sizeBytes() == null ? "" : "size=" + options.sizeBytes());
            }
        }
        return all.isEmpty() ? null : all;
    }

    private List<String> serviceBinds() {
        List<String> all = new ArrayList<>(binds == null ? List.of() : binds);
        for (Mount mount : mounts == null ? List.<Mount>of() : mounts) {
            if (mount != null && !"tmpfs".equals(mount.type())) {
                all.add(mount.source() + ":" + mount.target() + (isTrue(mount.readOnly()) ? ":ro" : ""));
            }
        }
        return all.isEmpty() ? null : all;
    }

    /** What inspect shows where the client gave nothing. */
    HostConfiguration completed(String usedRuntime) {
        Map<String, Object> rest = new HashMap<>(others);
        rest.putIfAbsent("CgroupParent", "");
        rest.putIfAbsent("ContainerIDFile", "");
        rest.putIfAbsent("VolumeDriver", "");
        return new HostConfiguration(
                usedRuntime,
                networkMode == null || networkMode.isEmpty() ? "default" : networkMode,
                isTrue(autoRemove),
                orZero(memory),
                pidsLimit,
                orZero(nanoCpus),
                orZero(cpuQuota),
                orZero(cpuPeriod),
                ulimits == null ? List.of() : ulimits,
                tmpfs,
                binds,
                mounts,
                logConfig == null
                                || logConfig.type() == null
                                || logConfig.type().isEmpty()
                        ? new LogConfig("json-file", Map.of())
                        : logConfig,
                restartPolicy == null
                                || restartPolicy.name() == null
                                || restartPolicy.name().isEmpty()
                        ? new RestartPolicy("no", 0)
                        : restartPolicy,
                isTrue(privileged),
                isTrue(readonlyRootfs),
                orZero(shmSize) == 0 ? DEFAULT_SHARED_MEMORY_BYTES : shmSize,
                consoleSize == null ? List.of(0, 0) : consoleSize,
                portBindings == null ? Map.of() : portBindings,
                isTrue(publishAllPorts),
                devices == null ? List.of() : devices,
                deviceRequests,
                deviceCgroupRules,
                capAdd,
                capDrop,
                volumesFrom,
                links,
                extraHosts,
                pidMode == null ? "" : pidMode,
                ipcMode == null || ipcMode.isEmpty() ? "private" : ipcMode,
                utsMode == null ? "" : utsMode,
                usernsMode == null ? "" : usernsMode,
                cgroupnsMode == null || cgroupnsMode.isEmpty() ? "private" : cgroupnsMode,
                sysctls,
                annotations,
                rest);
    }

    private int consoleDimension(int index) {
        if (consoleSize == null || consoleSize.size() != 2 || consoleSize.get(index) == null) {
            return 0;
        }
        return Math.max(0, Math.min(65535, consoleSize.get(index)));
    }

    private static boolean sharesNamespace(String mode) {
        return mode != null
                && !mode.isEmpty()
                && !mode.equals("private")
                && !mode.equals("none")
                && !mode.equals("shareable");
    }

    private static void refuse(boolean wanted, String what) {
        if (wanted) {
            throw new Failure.BadParameter("not supported: " + what);
        }
    }

    private static void warn(List<String> warnings, boolean wanted, String what) {
        if (wanted) {
            warnings.add("ignored, because Picket does not support it yet: " + what);
        }
    }

    private static boolean given(Collection<?> values) {
        return values != null && !values.isEmpty();
    }

    private static boolean given(Map<?, ?> values) {
        return values != null && !values.isEmpty();
    }

    private static boolean isTrue(Object value) {
        return Boolean.TRUE.equals(value);
    }

    private static long orZero(Long value) {
        return value == null ? 0 : value;
    }
}
