package dev.picket.api.exec;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.exec.Exec;
import java.util.List;

/** An exec as inspect shows it. */
public record ExecDetails(
        @JsonProperty("ID") String id,
        boolean running,
        Integer exitCode,
        ProcessConfig processConfig,
        boolean openStdin,
        boolean openStderr,
        boolean openStdout,
        boolean canRemove,
        @JsonProperty("ContainerID") String containerId,
        String detachKeys,
        int pid) {

    /** What it runs. */
    public record ProcessConfig(
            @JsonProperty("tty") boolean tty,
            @JsonProperty("entrypoint") String entrypoint,
            @JsonProperty("arguments") List<String> arguments,
            @JsonProperty("privileged") boolean privileged,
            @JsonProperty("user") String user) {}

    static ExecDetails of(Exec exec) {
        var settings = exec.settings();
        var command = settings.command();
        return new ExecDetails(
                exec.id(),
                exec.running(),
                exec.exitCode(),
                new ProcessConfig(
                        settings.terminal(),
                        command.get(0),
                        command.subList(1, command.size()),
                        settings.privileged(),
                        settings.user() == null ? "" : settings.user()),
                settings.attachInput(),
                settings.attachError(),
                settings.attachOutput(),
                false,
                exec.container(),
                "",
                exec.processId());
    }
}
