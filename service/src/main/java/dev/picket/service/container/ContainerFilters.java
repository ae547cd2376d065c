package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import dev.picket.service.image.ImageSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Docker's filters of container lists: values of one name are alternatives, names restrict each other. */
final class ContainerFilters {
    private static final int LONGEST_PATTERN = 256;

    private final List<Predicate<Container>> predicates = new ArrayList<>();
    private final boolean status;

    /** @throws Failure.BadParameter for a filter that there is not */
    ContainerFilters(Map<String, List<String>> filters, Registry registry, ImageSource images) {
        Map<String, List<String>> given = filters == null ? Map.of() : filters;
        status = given.containsKey("status") || given.containsKey("exited");
        given.forEach((name, values) -> {
            if (!values.isEmpty()) {
                predicates.add(any(
                        values.stream()
                                .map(value -> one(name, value, registry, images))
                                .toList(),
                        name));
            }
        });
    }

    /** Whether it asks for a state: then those that do not run are meant too. */
    boolean asksForState() {
        return status;
    }

    boolean accepts(Container container) {
        return predicates.stream().allMatch(each -> each.test(container));
    }

    private static Predicate<Container> any(List<Predicate<Container>> alternatives, String name) {
        // All labels that are asked for must be there; of anything else one is enough.
        return name.startsWith("label")
                ? container -> alternatives.stream().allMatch(each -> each.test(container))
                : container -> alternatives.stream().anyMatch(each -> each.test(container));
    }

    private static Predicate<Container> one(String name, String value, Registry registry, ImageSource images) {
        switch (name) {
            case "id":
                return container -> container.id().startsWith(value);
            case "name":
                Pattern pattern = pattern(value);
                return container -> pattern.matcher(container.name()).find()
                        || pattern.matcher("/" + container.name()).find();
            case "label":
                return container -> hasLabel(container, value);
            case "label!":
                return container -> !hasLabel(container, value);
            case "status":
                requireStatus(value);
                return container -> container.state().status().wireName().equals(value);
            case "exited":
                int code = number(name, value);
                return container -> container.state().status() == ContainerStatus.EXITED
                        && container.state().startedAt() != null
                        && container.state().exitCode() == code;
            case "ancestor":
                String image = imageId(value, images);
                return container -> container.imageId().equals(image);
            case "before":
                Container later = registry.find(value).view();
                return container -> container.created().isBefore(later.created());
            case "since":
                Container earlier = registry.find(value).view();
                return container -> container.created().isAfter(earlier.created());
            case "health":
                return container -> value.equals("none");
            case "is-task":
                return container -> !Boolean.parseBoolean(value);
            case "network", "volume", "publish", "expose", "isolation":
                return container -> false;
            default:
                throw new Failure.BadParameter("invalid filter '" + name + "'");
        }
    }

    /** A name pattern is the client's: its length is bounded, and with it what matching may cost. */
    private static Pattern pattern(String value) {
        if (value.length() > LONGEST_PATTERN) {
            throw new Failure.BadParameter("invalid filter 'name': longer than " + LONGEST_PATTERN + " characters");
        }
        try {
            return Pattern.compile(value);
        } catch (PatternSyntaxException e) {
            return Pattern.compile(Pattern.quote(value));
        }
    }

    private static boolean hasLabel(Container container, String value) {
        Map<String, String> labels = container.settings().labels() == null
                ? Map.of()
                : container.settings().labels();
        int equals = value.indexOf('=');
        return equals < 0
                ? labels.containsKey(value)
                : value.substring(equals + 1).equals(labels.get(value.substring(0, equals)));
    }

    private static void requireStatus(String value) {
        for (ContainerStatus each : ContainerStatus.values()) {
            if (each.wireName().equals(value)) {
                return;
            }
        }
        throw new Failure.BadParameter("invalid filter 'status=" + value + "'");
    }

    private static int number(String name, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new Failure.BadParameter("invalid filter '" + name + "=" + value + "'");
        }
    }

    private static String imageId(String value, ImageSource images) {
        try {
            return images.inspect(value).id();
        } catch (Failure.NotFound e) {
            return "";
        }
    }
}
