package dev.picket.service.event;

import java.time.Instant;
import java.util.Map;

/**
 * Something that happened to a container, exec or image.
 *
 * @param type {@code container} or {@code image}
 * @param action as Docker names it: {@code create}, {@code start}, {@code die}, {@code exec_create: sh}, ...
 * @param actor the id
 * @param attributes image, name, exitCode, signal, labels, ...
 */
public record SystemEvent(String type, String action, String actor, Map<String, String> attributes, Instant time) {
    public SystemEvent {
        attributes = Map.copyOf(attributes);
    }
}
