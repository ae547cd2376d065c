package dev.picket.sentry.control;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of what a worker program prints that was started to try the platforms of the host: fields with tabs between
 * them, the first of which is the kind of line.
 */
public sealed interface ProbeLine {
    /** A platform is about to be tried; a process that ends without {@link Works} or {@link Fails} was ended by it. */
    record Begin(String name, String description) implements ProbeLine {}

    /** It works, and that is what a system call and a page fault cost. */
    record Works(String name, long roundTripNanos, long faultNanos) implements ProbeLine {}

    /** It does not work. */
    record Fails(String name, String reason) implements ProbeLine {}

    /** The last line: those that work, best first. */
    record Order(List<String> names) implements ProbeLine {}

    /** The line, without its end. */
    default String encode() {
        List<String> fields = new ArrayList<>();
        if (this instanceof Begin begin) {
            fields.addAll(List.of("begin", begin.name(), begin.description()));
        } else if (this instanceof Works works) {
            fields.addAll(List.of(
                    "works", works.name(), Long.toString(works.roundTripNanos()), Long.toString(works.faultNanos())));
        } else if (this instanceof Fails fails) {
            fields.addAll(List.of("fails", fails.name(), fails.reason()));
        } else if (this instanceof Order order) {
            fields.add("order");
            fields.addAll(order.names());
        }
        fields.replaceAll(field -> field.replaceAll("\\p{Cntrl}+", " "));
        return String.join("\t", fields);
    }

    /** What a line says; null if it is none of these, such as a warning of the JVM. */
    static ProbeLine parse(String line) {
        List<String> fields = List.of(line.split("\t", -1));
        String kind = fields.get(0);
        if (kind.equals("begin") && fields.size() == 3) {
            return new Begin(fields.get(1), fields.get(2));
        }
        if (kind.equals("works") && fields.size() == 4 && isNumber(fields.get(2)) && isNumber(fields.get(3))) {
            return new Works(fields.get(1), Long.parseLong(fields.get(2)), Long.parseLong(fields.get(3)));
        }
        if (kind.equals("fails") && fields.size() == 3) {
            return new Fails(fields.get(1), fields.get(2));
        }
        if (kind.equals("order")) {
            return new Order(fields.subList(1, fields.size()));
        }
        return null;
    }

    private static boolean isNumber(String text) {
        return text.matches("[0-9]{1,18}");
    }
}
