package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import java.util.List;
import java.util.Locale;

/** Signals by name or number, as Docker takes them. */
final class StopSignal {
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;

    private static final int LARGEST = 64;
    private static final int SIGRTMIN = 34;

    /** signal(7), x86-64: the position is the number. */
    private static final List<String> NAMES = List.of(
            "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
            "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
            "PROF", "WINCH", "IO", "PWR", "SYS");

    private StopSignal() {}

    /** The number of a signal. @throws Failure.BadParameter if there is no such signal */
    static int parse(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        if (!name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() <= 3) {
            int number = Integer.parseInt(name);
            if (number >= 1 && number <= LARGEST) {
                return number;
            }
            throw invalid(text);
        }
        String bare = name.startsWith("SIG") ? name.substring(3) : name;
        int number = NAMES.indexOf(bare);
        if (number > 0) {
            return number;
        }
        return switch (bare) {
            case "IOT" -> 6;
            case "CLD" -> 17;
            case "POLL" -> 29;
            case "RTMIN" -> SIGRTMIN;
            case "RTMAX" -> LARGEST;
            default -> realTime(bare, text);
        };
    }

    private static int realTime(String bare, String text) {
        try {
            if (bare.startsWith("RTMIN+") && bare.length() <= 8) {
                int number = SIGRTMIN + Integer.parseUnsignedInt(bare.substring(6));
                if (number <= LARGEST) {
                    return number;
                }
            }
            if (bare.startsWith("RTMAX-") && bare.length() <= 8) {
                int number = LARGEST - Integer.parseUnsignedInt(bare.substring(6));
                if (number >= SIGRTMIN) {
                    return number;
                }
            }
        } catch (NumberFormatException e) {
            throw invalid(text);
        }
        throw invalid(text);
    }

    private static Failure invalid(String text) {
        return new Failure.BadParameter("invalid signal: " + text);
    }
}
