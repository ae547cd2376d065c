/**
 * Watching many files at once: {@link dev.picket.sentry.kernel.epoll.EpollFile}. See epoll(7).
 *
 * <p>Lock order: {@link dev.picket.sentry.kernel.epoll.EpollGraph} (which instance watches which), an instance's interest
 * list, that of an instance it watches, the locks of watched files; the lock of a ready list is innermost, and is all that
 * a wake-up takes.
 */
package dev.picket.sentry.kernel.epoll;
