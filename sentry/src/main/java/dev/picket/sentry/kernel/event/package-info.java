/**
 * Events as open files: {@link dev.picket.sentry.kernel.event.EventCounter} of eventfd(2), {@link
 * dev.picket.sentry.kernel.event.TimerFile} of timerfd_create(2), {@link dev.picket.sentry.kernel.event.SignalFile} of
 * signalfd(2).
 *
 * <p>Lock order: each file has one lock of its own, and takes no other under it but those of {@code memory}.
 */
package dev.picket.sentry.kernel.event;
