package dev.picket.api.command;

import dev.picket.api.client.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code picket run} was asked for. Null means "not given". */
record RunRequest(
        String image,
        List<String> command,
        List<String> environment,
        String workingDirectory,
        String user,
        String platform,
        long memoryBytes,
        boolean interactive,
        boolean terminal,
        boolean remove,
        boolean trace) {

    /** Annotation of a container whose system calls are to be rendered; {@code HostConfiguration} knows it too. */
    private static final String TRACE_ANNOTATION = "dev.picket.strace";

    /** Docker's body of a create. @param size of the terminal, or null */
    String toJson(Terminal.Size size) {
        Map<String, Object> host = new LinkedHashMap<>();
        host.put("Runtime", platform == null ? "" : platform);
        host.put("AutoRemove", remove);
        host.put("NetworkMode", "none");
        host.put("Memory", memoryBytes);
        if (size != null) {
            host.put("ConsoleSize", List.of(size.rows(), size.columns()));
        }
        if (trace) {
            host.put("Annotations", Map.of(TRACE_ANNOTATION, "true"));
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("Image", image);
        body.put("Cmd", command.isEmpty() ? null : command);
        body.put("Env", resolvedEnvironment());
        body.put("WorkingDir", workingDirectory == null ? "" : workingDirectory);
        body.put("User", user == null ? "" : user);
        body.put("Tty", terminal);
        body.put("OpenStdin", interactive);
        body.put("StdinOnce", interactive);
        body.put("AttachStdin", interactive);
        body.put("AttachStdout", true);
        body.put("AttachStderr", true);
        body.put("HostConfig", host);
        return Json.write(body);
    }

    private List<String> resolvedEnvironment() {
        List<String> resolved = new ArrayList<>();
        for (String variable : environment) {
            if (variable.indexOf('=') >= 0) {
                resolved.add(variable);
            } else if (System.getenv(variable) != null) {
                resolved.add(variable + "=" + System.getenv(variable));
            }
        }
        return resolved;
    }
}
