package dev.picket.api.container;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.picket.service.container.CreateContainer;
import dev.picket.service.failure.Failure;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Map;

/**
 * Body of a create: Docker's container configuration with the HostConfig inside.
 *
 * @param cmd one string counts as a list of one
 * @param others everything else, kept so that nothing is lost
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CreateRequest(
        String hostname,
        String domainname,
        String user,
        Boolean attachStdin,
        Boolean attachStdout,
        Boolean attachStderr,
        Boolean tty,
        Boolean openStdin,
        Boolean stdinOnce,
        List<String> env,
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> cmd,
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> entrypoint,
        String image,
        String workingDir,
        Map<String, String> labels,
        String stopSignal,
        Integer stopTimeout,
        Map<String, Object> exposedPorts,
        Map<String, Object> volumes,
        Map<String, Object> healthcheck,
        HostConfiguration hostConfig,
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, Object> others) {

    /** Compact constructor: absent means empty. */
    public CreateRequest {
        others = others == null ? Map.of() : others;
        hostConfig = hostConfig == null ? HostConfiguration.EMPTY : hostConfig;
    }

    /**
     * What the service shall make.
     *
     * @param json the request, as inspect shall find it again
     * @param warnings is given a line for each setting that is ignored
     * @throws Failure.BadParameter for what is refused
     */
    CreateContainer toService(String json, List<String> warnings) {
        if (image == null || image.isEmpty()) {
            throw new Failure.BadParameter("no image specified");
        }
        refuseNull("Cmd", cmd);
        refuseNull("Entrypoint", entrypoint);
        refuseNull("Env", env);
        if (healthcheck != null && !healthcheck.isEmpty()) {
            warnings.add("ignored, because Picket does not support it yet: health checks");
        }
        return new CreateContainer(
                image,
                entrypoint,
                cmd,
                env,
                workingDir,
                user,
                hostname,
                isTrue(tty),
                isTrue(openStdin),
                isTrue(stdinOnce),
                isTrue(attachStdin),
                isTrue(attachStdout),
                isTrue(attachStderr),
                labels,
                stopSignal,
                stopTimeout,
                hostConfig.settings(warnings),
                json);
    }

    private static void refuseNull(String name, List<String> values) {
        if (values != null && values.contains(null)) {
            throw new Failure.BadParameter("invalid JSON: null in " + name);
        }
    }

    private static boolean isTrue(Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
