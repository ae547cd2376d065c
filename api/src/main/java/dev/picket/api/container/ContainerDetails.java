package dev.picket.api.container;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerState;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A container as inspect shows it. */
public record ContainerDetails(
        String id,
        String created,
        String path,
        List<String> args,
        State state,
        String image,
        String resolvConfPath,
        String hostnamePath,
        String hostsPath,
        String logPath,
        String name,
        int restartCount,
        String driver,
        String platform,
        String mountLabel,
        String processLabel,
        String appArmorProfile,
        @JsonProperty("ExecIDs") List<String> execIds,
        HostConfiguration hostConfig,
        GraphDriver graphDriver,
        List<Object> mounts,
        Configuration config,
        NetworkSettings networkSettings) {

    /** What it is doing. */
    public record State(
            String status,
            boolean running,
            boolean paused,
            boolean restarting,
            @JsonProperty("OOMKilled") boolean oomKilled,
            boolean dead,
            long pid,
            int exitCode,
            String error,
            String startedAt,
            String finishedAt) {

        private static final String NEVER = "0001-01-01T00:00:00Z";

        static State of(ContainerState state) {
            String status = state.status().wireName();
            return new State(
                    status,
                    state.isRunning(),
                    state.isPaused(),
                    status.equals("restarting"),
                    state.outOfMemory(),
                    status.equals("dead"),
                    state.processId(),
                    state.exitCode(),
                    state.error(),
                    time(state.startedAt()),
                    time(state.finishedAt()));
        }

        private static String time(Instant time) {
            return time == null ? NEVER : time.toString();
        }
    }

    /** Where Docker would say which storage driver holds its root. */
    public record GraphDriver(Map<String, String> data, String name) {}

    /** What it runs. */
    public record Configuration(
            String hostname,
            String domainname,
            String user,
            boolean attachStdin,
            boolean attachStdout,
            boolean attachStderr,
            Map<String, Object> exposedPorts,
            boolean tty,
            boolean openStdin,
            boolean stdinOnce,
            List<String> env,
            List<String> cmd,
            String image,
            Map<String, Object> volumes,
            String workingDir,
            List<String> entrypoint,
            List<String> onBuild,
            Map<String, String> labels,
            String stopSignal,
            Integer stopTimeout) {}

    /** Its networks: a loopback of its own, which Docker does not count. */
    public record NetworkSettings(
            String bridge,
            @JsonProperty("SandboxID") String sandboxId,
            String sandboxKey,
            Map<String, Object> ports,
            @JsonProperty("IPAddress") String ipAddress,
            String gateway,
            String macAddress,
            Map<String, Object> networks) {}

    /** @param request what the client sent when it was made, or null if that is not known */
    static ContainerDetails of(Container container, CreateRequest request) {
        var arguments = container.arguments();
        var hostConfig = request == null ? HostConfiguration.EMPTY : request.hostConfig();
        return new ContainerDetails(
                container.id(),
                container.created().toString(),
                arguments.isEmpty() ? "" : arguments.get(0),
                arguments.isEmpty() ? List.of() : arguments.subList(1, arguments.size()),
                State.of(container.state()),
                container.imageId(),
                "",
                "",
                "",
                container.logPath() == null ? "" : container.logPath().toString(),
                "/" + container.name(),
                container.state().restartCount(),
                "picket",
                "linux",
                "",
                "",
                "",
                container.execs().isEmpty() ? null : container.execs(),
                hostConfig.completed(container.platform()),
                new GraphDriver(Map.of(), "picket"),
                List.of(),
                configuration(container, request),
                new NetworkSettings("", "", "", Map.of(), "", "", "", Map.of()));
    }

    private static Configuration configuration(Container container, CreateRequest request) {
        var settings = container.settings();
        var arguments = container.arguments();
        List<String> entrypoint = settings.entrypoint();
        List<String> command = settings.command();
        // Docker shows image and request merged; the whole command and either half give the other.
        if (entrypoint != null && !entrypoint.isEmpty() && command == null && startsWith(arguments, entrypoint)) {
            command = arguments.subList(entrypoint.size(), arguments.size());
        } else if (entrypoint == null && command != null && arguments.size() > command.size()) {
            entrypoint = arguments.subList(0, arguments.size() - command.size());
        } else if (entrypoint == null && command == null) {
            command = arguments;
        }
        return new Configuration(
                container.hostName(),
                request == null || request.domainname() == null ? "" : request.domainname(),
                container.user(),
                settings.attachInput(),
                settings.attachOutput(),
                settings.attachError(),
                request == null ? null : request.exposedPorts(),
                settings.terminal(),
                settings.openInput(),
                settings.inputOnce(),
                container.environment(),
                command,
                settings.image(),
                request == null ? null : request.volumes(),
                container.workingDirectory(),
                entrypoint,
                null,
                settings.labels() == null ? Map.of() : settings.labels(),
                settings.stopSignal(),
                settings.stopTimeoutSeconds());
    }

    private static boolean startsWith(List<String> list, List<String> prefix) {
        return list.size() >= prefix.size() && list.subList(0, prefix.size()).equals(prefix);
    }
}
