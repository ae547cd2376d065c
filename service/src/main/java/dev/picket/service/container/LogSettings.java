package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import java.util.Locale;
import java.util.Map;

/**
 * How a container's output is kept.
 *
 * @param kept false: not at all
 */
record LogSettings(boolean kept, long maximumBytes, int maximumFiles) {
    // Docker's default has no bound; a guest is not trusted with the host's disk.
    private static final long DEFAULT_MAXIMUM_BYTES = 128L << 20;
    private static final int DEFAULT_MAXIMUM_FILES = 2;

    static LogSettings of(HostSettings host) {
        String driver = host.logDriver() == null ? "" : host.logDriver();
        Map<String, String> options = host.logOptions() == null ? Map.of() : host.logOptions();
        switch (driver) {
            case "none":
                return new LogSettings(false, 0, 1);
            case "", "json-file":
                break;
            default:
                throw new Failure.BadParameter("logger: no log driver named '" + driver + "' is registered");
        }
        long bytes = DEFAULT_MAXIMUM_BYTES;
        int files = DEFAULT_MAXIMUM_FILES;
        for (Map.Entry<String, String> option : options.entrySet()) {
            switch (option.getKey()) {
                case "max-size" -> {
                    bytes = size(option.getValue());
                    files = options.containsKey("max-file") ? files : 1;
                }
                case "max-file" -> files = files(option.getValue());
                case "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size" -> {
                    // Docker's; they change nothing that a client sees here.
                }
                default -> throw new Failure.BadParameter(
                        "unknown log opt '" + option.getKey() + "' for json-file log driver");
            }
        }
        return new LogSettings(true, bytes, files);
    }

    private static long size(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("-1")) {
            return DEFAULT_MAXIMUM_BYTES;
        }
        if (!lower.matches("[0-9]{1,9}[kmg]?b?")) {
            throw new Failure.BadParameter("invalid max-size: '" + text + "'");
        }
        String bare = lower.endsWith("b") ? lower.substring(0, lower.length() - 1) : lower;
        int shift = bare.endsWith("k") ? 10 : bare.endsWith("m") ? 20 : bare.endsWith("g") ? 30 : 0;
        String digits = shift == 0 ? bare : bare.substring(0, bare.length() - 1);
        return Math.max(1, Long.parseLong(digits) << shift);
    }

    private static int files(String text) {
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) < 1) {
            throw new Failure.BadParameter("max-file cannot be less than 1");
        }
        return Integer.parseInt(text);
    }
}
