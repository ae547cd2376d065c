/**
 * Waiting for events, without knowing of tasks: {@link dev.picket.sentry.wait.WaitQueue} and its {@link
 * dev.picket.sentry.wait.Waiter}s. Events are the bits of poll(2), which are those of epoll_ctl(2).
 */
package dev.picket.sentry.wait;
