package dev.picket.api.command;

import java.util.Locale;
import java.util.regex.Pattern;

/** Sizes as docker's command line writes them. */
final class Sizes {
    private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,12})([bkmgt]?)b?");

    private Sizes() {}

    /** Bytes; 0 for null. @throws IllegalArgumentException if it is no size */
    static long parse(String option, String text) {
        if (text == null) {
            return 0;
        }
        var matcher = SYNTAX.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("invalid size for " + option + ": '" + text + "'");
        }
        int power =
                switch (matcher.group(2)) {
                    case "k" -> 10;
                    case "m" -> 20;
                    case "g" -> 30;
                    case "t" -> 40;
                    default -> 0;
                };
        long number = Long.parseLong(matcher.group(1));
        if (number > Long.MAX_VALUE >> power) {
            throw new IllegalArgumentException("size too large for " + option + ": '" + text + "'");
        }
        return number << power;
    }
}
