package dev.picket.api.system;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.event.SystemEvent;
import java.util.Map;

/** One line of {@code /events}; the lower-case fields are those of the oldest clients. */
public record EventAnswer(
        @JsonProperty("status") String status,
        @JsonProperty("id") String id,
        @JsonProperty("from") String from,
        String type,
        String action,
        Actor actor,
        @JsonProperty("scope") String scope,
        @JsonProperty("time") long time,
        @JsonProperty("timeNano") long timeNano) {

    /** Whom it happened to. */
    public record Actor(@JsonProperty("ID") String id, Map<String, String> attributes) {}

    static EventAnswer of(SystemEvent event) {
        long seconds = event.time().getEpochSecond();
        return new EventAnswer(
                event.action(),
                event.actor(),
                event.attributes().get("image"),
                event.type(),
                event.action(),
                new Actor(event.actor(), event.attributes()),
                "local",
                seconds,
                seconds * 1_000_000_000L + event.time().getNano());
    }
}
