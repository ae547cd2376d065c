package dev.picket.api.system;

import dev.picket.service.event.SystemEvent;
import java.util.List;
import java.util.Map;

/** Docker's filters of events: values of one name are alternatives, all names must match. */
record EventFilter(Map<String, List<String>> filters) {
    boolean matches(SystemEvent event) {
        return filters.entrySet().stream()
                .allMatch(filter -> filter.getValue().isEmpty()
                        || filter.getValue().stream().anyMatch(value -> matches(filter.getKey(), value, event)));
    }

    private static boolean matches(String name, String value, SystemEvent event) {
        return switch (name) {
            case "type" -> event.type().equals(value);
                // exec_create carries its command behind a colon.
            case "event" -> event.action().equals(value) || event.action().startsWith(value + ":");
            case "container", "image" -> isActor(name, value, event);
            case "label" -> hasLabel(value, event.attributes());
            case "scope" -> value.equals("local");
            default -> false;
        };
    }

    private static boolean isActor(String type, String value, SystemEvent event) {
        if (event.type().equals(type) && event.actor().startsWith(value)) {
            return true;
        }
        String name = event.attributes().get(event.type().equals(type) ? "name" : type);
        return value.equals(name)
                || (value.startsWith("/") && value.substring(1).equals(name));
    }

    private static boolean hasLabel(String value, Map<String, String> attributes) {
        int equals = value.indexOf('=');
        return equals < 0
                ? attributes.containsKey(value)
                : value.substring(equals + 1).equals(attributes.get(value.substring(0, equals)));
    }
}
