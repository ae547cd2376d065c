package dev.picket.service.image;

import dev.picket.service.failure.Failure;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/** Docker's filters of image lists: values of one name are alternatives, names restrict each other. */
final class ImageFilters {
    private static final int LONGEST_PATTERN = 256;

    private final List<Predicate<Image>> predicates = new ArrayList<>();

    /** @throws Failure.BadParameter for a filter that there is not */
    ImageFilters(Map<String, List<String>> filters, ImageSource images) {
        Map<String, List<String>> given = filters == null ? Map.of() : filters;
        given.forEach((name, values) -> {
            List<Predicate<Image>> alternatives =
                    values.stream().map(value -> one(name, value, images)).toList();
            if (name.equals("label")) {
                predicates.addAll(alternatives);
            } else if (!alternatives.isEmpty()) {
                predicates.add(image -> alternatives.stream().anyMatch(each -> each.test(image)));
            }
        });
    }

    boolean accepts(Image image) {
        return predicates.stream().allMatch(each -> each.test(image));
    }

    private static Predicate<Image> one(String name, String value, ImageSource images) {
        return switch (name) {
            case "reference" -> reference(value);
            case "dangling" -> {
                boolean wanted = bool(value);
                yield image -> image.tags().isEmpty() == wanted;
            }
            case "label" -> {
                int equals = value.indexOf('=');
                yield equals < 0
                        ? image -> image.configuration().labels().containsKey(value)
                        : image -> value.substring(equals + 1)
                                .equals(image.configuration().labels().get(value.substring(0, equals)));
            }
            case "before" -> {
                Image later = images.inspect(value);
                yield image -> image.created().isBefore(later.created());
            }
            case "since" -> {
                Image earlier = images.inspect(value);
                yield image -> image.created().isAfter(earlier.created());
            }
            default -> throw new Failure.BadParameter("invalid filter '" + name + "'");
        };
    }

    /** As Go's path.Match, against the name with and without its tag. */
    private static Predicate<Image> reference(String pattern) {
        if (pattern.length() > LONGEST_PATTERN) {
            throw new Failure.BadParameter(
                    "invalid filter 'reference': longer than " + LONGEST_PATTERN + " characters");
        }
        try {
            var matcher = FileSystems.getDefault()
                    .getPathMatcher("glob:" + pattern.replace("{", "\\{").replace("}", "\\}"));
            return image -> image.tags().stream().anyMatch(tag -> {
                int colon = tag.lastIndexOf(':');
                String bare = colon > tag.lastIndexOf('/') ? tag.substring(0, colon) : tag;
                return matcher.matches(Path.of(tag)) || matcher.matches(Path.of(bare));
            });
        } catch (PatternSyntaxException e) {
            throw new Failure.BadParameter("invalid filter 'reference=" + pattern + "'");
        }
    }

    private static boolean bool(String value) {
        return switch (value.toLowerCase(java.util.Locale.ROOT)) {
            case "1", "true", "t" -> true;
            case "0", "false", "f" -> false;
            default -> throw new Failure.BadParameter("invalid filter 'dangling=[" + value + "]'");
        };
    }
}
