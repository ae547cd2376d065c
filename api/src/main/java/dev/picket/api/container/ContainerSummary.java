package dev.picket.api.container;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A container in a list. */
public record ContainerSummary(
        @JsonProperty("Id") String id,
        List<String> names,
        String image,
        @JsonProperty("ImageID") String imageId,
        String command,
        long created,
        List<Object> ports,
        Map<String, String> labels,
        String state,
        String status,
        HostConfig hostConfig,
        NetworkSettings networkSettings,
        List<Object> mounts) {

    /** The part of the host's settings that lists show. */
    public record HostConfig(String networkMode) {}

    /** Its networks. */
    public record NetworkSettings(Map<String, Object> networks) {}

    /** The summary of a container. */
    public static ContainerSummary of(Container container) {
        return new ContainerSummary(
                container.id(),
                List.of("/" + container.name()),
                container.settings().image(),
                container.imageId(),
                String.join(" ", container.arguments()),
                container.created().getEpochSecond(),
                List.of(),
                container.settings().labels() == null
                        ? Map.of()
                        : container.settings().labels(),
                container.state().status().wireName(),
                status(container.state(), Instant.now()),
                new HostConfig("none"),
                new NetworkSettings(Map.of()),
                List.of());
    }

    /** "Up 2 minutes", "Exited (7) 3 hours ago", in Docker's words. */
    static String status(ContainerState state, Instant now) {
        return switch (state.status()) {
            case RUNNING -> "Up " + duration(state.startedAt(), now);
            case PAUSED -> "Up " + duration(state.startedAt(), now) + " (Paused)";
            case RESTARTING -> "Restarting (" + state.exitCode() + ") " + duration(state.finishedAt(), now) + " ago";
            case REMOVING -> "Removal In Progress";
            case DEAD -> "Dead";
            case CREATED -> "Created";
            case EXITED -> "Exited (" + state.exitCode() + ") " + duration(state.finishedAt(), now) + " ago";
        };
    }

    private static String duration(Instant from, Instant to) {
        long seconds = from == null ? 0 : Duration.between(from, to).toSeconds();
        long minutes = seconds / 60;
        long hours = (minutes + 30) / 60;
        if (seconds < 1) {
            return "Less than a second";
        } else if (seconds == 1) {
            return "1 second";
        } else if (seconds < 60) {
            return seconds + " seconds";
        } else if (minutes == 1) {
            return "About a minute";
        } else if (minutes < 60) {
            return minutes + " minutes";
        } else if (hours == 1) {
            return "About an hour";
        } else if (hours < 48) {
            return hours + " hours";
        } else if (hours < 24 * 7 * 2) {
            return hours / 24 + " days";
        } else if (hours < 24 * 30 * 2) {
            return hours / 24 / 7 + " weeks";
        } else if (hours < 24 * 365 * 2) {
            return hours / 24 / 30 + " months";
        } else {
            return hours / 24 / 365 + " years";
        }
    }
}
