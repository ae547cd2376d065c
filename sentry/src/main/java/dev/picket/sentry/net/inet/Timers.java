package dev.picket.sentry.net.inet;

/** Runs what is due later; the kernel's timers. */
@FunctionalInterface
public interface Timers {
    /**
     * Runs {@code action} at a time of {@link System#nanoTime()}.
     *
     * @return takes it back
     */
    Runnable schedule(long dueNanos, Runnable action);
}
