/**
 * Futexes: {@link dev.picket.sentry.kernel.futex.FutexTable} knows who waits for which word.
 *
 * <p>Lock order: the table's lock is taken before {@code memory}'s, since a word is read with it held, so that no wake-up
 * is missed; never while a lock of {@code memory} is held.
 */
package dev.picket.sentry.kernel.futex;
