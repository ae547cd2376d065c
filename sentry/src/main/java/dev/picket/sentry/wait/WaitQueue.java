package dev.picket.sentry.wait;

import java.util.ArrayList;
import java.util.List;

/**
 * Those who wait for events of one thing: a pipe's end, a socket, a terminal, a process.
 *
 * <p>Waiting is: add yourself, look whether what you wait for is already so, sleep, look again, remove yourself. Who
 * changes the state changes it first and calls {@link #wake} after, so no change is missed.
 *
 * <p>Lock order: the queue's own lock is innermost; {@link Waiter#wake} is called without it.
 */
public final class WaitQueue {
    private static final Entry[] NONE = {};

    private record Entry(Waiter waiter, int events) {}

    private volatile Entry[] entries = NONE;

    /** Adds a waiter that wants to hear of any of {@code events}. Its turn comes after those who are there. */
    public synchronized void add(Waiter waiter, int events) {
        var grown = java.util.Arrays.copyOf(entries, entries.length + 1);
        grown[grown.length - 1] = new Entry(waiter, events);
        entries = grown;
    }

    /** Removes every entry of {@code waiter}; does nothing if there is none. */
    public synchronized void remove(Waiter waiter) {
        List<Entry> rest = new ArrayList<>(entries.length);
        for (var entry : entries) {
            if (entry.waiter != waiter) {
                rest.add(entry);
            }
        }
        entries = rest.isEmpty() ? NONE : rest.toArray(NONE);
    }

    /** Whether nobody waits. */
    public boolean isEmpty() {
        return entries.length == 0;
    }

    /** Wakes all who want to hear of any of {@code events}. */
    public void wake(int events) {
        for (var entry : entries) {
            if ((entry.events & events) != 0) {
                entry.waiter.wake(events);
            }
        }
    }
}
