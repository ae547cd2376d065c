package dev.picket.sentry.fs.proc;

/**
 * The load averages of /proc/loadavg. Linux samples every five seconds; here a sample is taken when somebody looks, and
 * counts for the time since the last one, so that an idle sandbox does nothing.
 */
final class LoadAverage {
    private static final double[] MINUTES = {1, 5, 15};
    private static final double NANOS_PER_MINUTE = 60e9;

    private final double[] averages = new double[MINUTES.length];
    private long lastNanos;
    private boolean sampled;

    /** Takes a sample of how many tasks run, and answers the averages: {@code 0.00 0.01 0.05}. */
    synchronized String sample(int running, long nowNanos) {
        if (sampled) {
            for (int index = 0; index < MINUTES.length; index++) {
                double keep = Math.exp(-(nowNanos - lastNanos) / (MINUTES[index] * NANOS_PER_MINUTE));
                averages[index] = averages[index] * keep + running * (1 - keep);
            }
        }
        sampled = true;
        lastNanos = nowNanos;
        return String.format(java.util.Locale.ROOT, "%.2f %.2f %.2f", averages[0], averages[1], averages[2]);
    }
}
