/**
 * Time: the {@link dev.picket.sentry.kernel.time.Clock}s a guest reads, and {@link
 * dev.picket.sentry.kernel.time.TimerService}, the one thread that runs what is due.
 *
 * <p>Lock order: the service's lock is innermost; what is due runs without it.
 */
package dev.picket.sentry.kernel.time;
