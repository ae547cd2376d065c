package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.service.failure.Failure;
import java.util.Locale;

/** Mounts of {@code --tmpfs path:options}. */
final class Tmpfs {
    private Tmpfs() {}

    static Command.Mount mount(String path, String options) {
        if (!path.startsWith("/") || path.equals("/") || path.contains("\0") || ("/" + path + "/").contains("/../")) {
            throw new Failure.BadParameter("invalid mount path: '" + path + "' mount path must be absolute");
        }
        boolean readOnly = false;
        long size = 0;
        for (String option : options == null ? new String[0] : options.split(",")) {
            if (option.equals("ro")) {
                readOnly = true;
            } else if (option.startsWith("size=")) {
                size = bytes(option.substring(5));
            } else if (!option.isEmpty()
                    && !option.matches(
                            "rw|(no)?(exec|suid|dev|atime|diratime)|relatime|mode=[0-7]{1,4}|[ug]id=[0-9]{1,10}")) {
                throw new Failure.BadParameter("invalid tmpfs option [\"" + option + "\"]");
            }
        }
        return new Command.Mount(path, -1, readOnly, size);
    }

    private static long bytes(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        int shift = lower.endsWith("k") ? 10 : lower.endsWith("m") ? 20 : lower.endsWith("g") ? 30 : 0;
        String digits = shift == 0 ? lower : lower.substring(0, lower.length() - 1);
        if (!digits.matches("[0-9]{1,9}")) {
            throw new Failure.BadParameter("invalid tmpfs size: " + text);
        }
        return Math.multiplyExact(Long.parseLong(digits), 1L << shift);
    }
}
