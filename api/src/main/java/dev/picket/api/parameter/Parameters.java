package dev.picket.api.parameter;

import dev.picket.service.failure.Failure;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the values of query parameters; null stands for a parameter that was not given. */
public final class Parameters {
    private static final JsonMapper JSON = JsonMapper.shared();

    private Parameters() {}

    /** Docker's rule: everything is true except nothing, 0, no, false and none. */
    public static boolean flag(String value) {
        if (value == null) {
            return false;
        }
        return switch (value.trim().toLowerCase(Locale.ROOT)) {
            case "", "0", "no", "false", "none" -> false;
            default -> true;
        };
    }

    /** A flag that is true when it was not given. */
    public static boolean flagOr(String value, boolean fallback) {
        return value == null ? fallback : flag(value);
    }

    /** A decimal number. @throws Failure.BadParameter if it is none */
    public static Integer integer(String name, String value) {
        if (value == null || value.isEmpty()) {
            return null;
        }
        try {
            return Integer.valueOf(value);
        } catch (NumberFormatException e) {
            throw new Failure.BadParameter("invalid value for " + name + ": \"" + value + "\" is not a number");
        }
    }

    /** {@link #integer}, or {@code fallback} if it was not given. */
    public static int integerOr(String name, String value, int fallback) {
        Integer number = integer(name, value);
        return number == null ? fallback : number;
    }

    /**
     * A time: seconds since 1970 with an optional fraction, or RFC 3339. Docker's clients turn relative times into these
     * themselves. 0 stands for "not given".
     */
    public static Instant time(String name, String value) {
        if (value == null || value.isEmpty() || value.equals("0")) {
            return null;
        }
        try {
            if (value.matches("-?[0-9]{1,18}(\\.[0-9]{1,9})?")) {
                String[] parts = value.split("\\.");
                long nanos = parts.length == 1 ? 0 : Long.parseLong((parts[1] + "000000000").substring(0, 9));
                return Instant.ofEpochSecond(Long.parseLong(parts[0]), nanos);
            }
            return OffsetDateTime.parse(value).toInstant();
        } catch (DateTimeException | ArithmeticException e) {
            throw new Failure.BadParameter("invalid value for " + name + ": \"" + value + "\" is not a time");
        }
    }

    /** Filters: {@code {"status":["running"]}}, or as old clients write it {@code {"status":{"running":true}}}. */
    public static Map<String, List<String>> filters(String value) {
        Map<String, List<String>> filters = new LinkedHashMap<>();
        if (value == null || value.isEmpty()) {
            return filters;
        }
        JsonNode root;
        try {
            root = JSON.readTree(value);
        } catch (JacksonException e) {
            throw new Failure.BadParameter("invalid filter: " + e.getOriginalMessage());
        }
        if (!root.isObject()) {
            throw new Failure.BadParameter("invalid filter: not an object");
        }
        for (var property : root.properties()) {
            List<String> values = new ArrayList<>();
            if (property.getValue().isArray()) {
                property.getValue().forEach(item -> values.add(item.asString()));
            } else if (property.getValue().isObject()) {
                property.getValue().properties().forEach(item -> {
                    if (item.getValue().asBoolean(false)) {
                        values.add(item.getKey());
                    }
                });
            } else {
                throw new Failure.BadParameter("invalid filter '" + property.getKey() + "'");
            }
            filters.put(property.getKey(), values);
        }
        return filters;
    }
}
