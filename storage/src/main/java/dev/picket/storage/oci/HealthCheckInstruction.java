package dev.picket.storage.oci;

import dev.picket.storage.failure.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The arguments of a Dockerfile's HEALTHCHECK: {@code NONE}, or options and {@code CMD} with a command. */
final class HealthCheckInstruction {
    private static final Pattern OPTION = Pattern.compile("--([a-z-]+)=(\\S+)\\s*");
    private static final Pattern DURATION_PART = Pattern.compile("([0-9]+(?:\\.[0-9]*)?)(ns|us|ms|s|m|h)");

    private HealthCheckInstruction() {}

    static RunConfig.HealthCheck parse(String text) throws StorageException.Invalid {
        long interval = 0;
        long timeout = 0;
        long startPeriod = 0;
        long startInterval = 0;
        int retries = 0;
        String rest = text;
        Matcher option = OPTION.matcher(rest);
        while (option.lookingAt()) {
            String value = option.group(2);
            switch (option.group(1)) {
                case "interval" -> interval = nanos(value);
                case "timeout" -> timeout = nanos(value);
                case "start-period" -> startPeriod = nanos(value);
                case "start-interval" -> startInterval = nanos(value);
                case "retries" -> retries = retries(value);
                default -> throw new StorageException.Invalid("unknown flag: --" + option.group(1));
            }
            rest = rest.substring(option.end());
            option = OPTION.matcher(rest);
        }
        String[] parts = rest.split("[ \t]+", 2);
        String arguments = parts.length < 2 ? "" : parts[1].strip();
        List<String> test =
                switch (parts[0].toUpperCase(Locale.ROOT)) {
                    case "NONE" -> List.of("NONE");
                    case "CMD" -> command(arguments);
                    default -> throw new StorageException.Invalid(
                            "unknown type \"" + parts[0] + "\" in HEALTHCHECK (try CMD)");
                };
        return new RunConfig.HealthCheck(test, interval, timeout, startPeriod, startInterval, retries);
    }

    private static List<String> command(String arguments) throws StorageException.Invalid {
        if (arguments.isEmpty()) {
            throw new StorageException.Invalid("missing command after HEALTHCHECK CMD");
        }
        List<String> array = ConfigChanges.arrayOrNull(arguments);
        if (array == null) {
            return List.of("CMD-SHELL", arguments);
        }
        var test = new ArrayList<String>(List.of("CMD"));
        test.addAll(array);
        return List.copyOf(test);
    }

    private static int retries(String value) throws StorageException.Invalid {
        if (!value.matches("[0-9]{1,9}")) {
            throw new StorageException.Invalid("--retries must be at least 0, not " + value);
        }
        return Integer.parseInt(value);
    }

    private static long nanos(String text) throws StorageException.Invalid {
        Matcher part = DURATION_PART.matcher(text);
        double nanos = 0;
        int end = 0;
        while (part.lookingAt()) {
            nanos += Double.parseDouble(part.group(1))
                    * switch (part.group(2)) {
                        case "ns" -> 1d;
                        case "us" -> 1e3;
                        case "ms" -> 1e6;
                        case "s" -> 1e9;
                        case "m" -> 60e9;
                        default -> 3600e9;
                    };
            end = part.end();
            part.region(end, text.length());
        }
        if (end == 0 || end != text.length() || nanos >= Long.MAX_VALUE) {
            throw new StorageException.Invalid("time: invalid duration \"" + text + "\"");
        }
        return (long) nanos;
    }
}
