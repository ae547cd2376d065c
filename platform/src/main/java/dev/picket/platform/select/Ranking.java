package dev.picket.platform.select;

import java.util.ArrayList;
import java.util.List;

/**
 * Which of the platforms that work is the one to take.
 *
 * <p>What counts is the cost of a mixture: {@value #CALLS_PER_FAULT} system calls and one fault. Programs make far more
 * calls than they cause faults that come to the Sentry, since anonymous memory is mapped whole and never does; but one that
 * starts, and one that forks, meets hundreds.
 */
final class Ranking {
    /** Counted over starts of a shell, an interpreter and a compiler: ten calls to a fault, give or take a factor of two. */
    static final int CALLS_PER_FAULT = 10;

    /** A platform must be a tenth cheaper than a more robust one to be taken instead: less than that is noise. */
    private static final int TENTHS_THAT_COUNT = 9;

    private Ranking() {}

    static long costNanos(Probe probe) {
        return CALLS_PER_FAULT * probe.roundTripNanos() + probe.faultNanos();
    }

    /**
     * The platforms that work, best first.
     *
     * @param probes in the order of {@link PlatformKind}, the most robust first
     */
    static List<Probe> best(List<Probe> probes) {
        var left = new ArrayList<>(probes.stream().filter(Probe::available).toList());
        var ordered = new ArrayList<Probe>();
        while (!left.isEmpty()) {
            Probe best = left.get(0);
            for (Probe each : left) {
                // Each against the best so far, so that two small steps do not make a large one.
                if (10 * costNanos(each) < TENTHS_THAT_COUNT * costNanos(best)) {
                    best = each;
                }
            }
            left.remove(best);
            ordered.add(best);
        }
        return ordered;
    }
}
