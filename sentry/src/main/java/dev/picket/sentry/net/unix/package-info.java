/**
 * The family AF_UNIX of unix(7): {@link dev.picket.sentry.net.unix.UnixSockets} with its names, {@link
 * dev.picket.sentry.net.unix.UnixConnectedSocket} (stream and seqpacket), {@link
 * dev.picket.sentry.net.unix.UnixDatagramSocket}.
 *
 * <p>Lock order: a socket's state, the names of {@link dev.picket.sentry.net.unix.UnixSockets}, a message queue, {@code
 * memory}. No two sockets and no two queues are locked at once; wait queues are woken and files released without any of
 * these locks.
 */
package dev.picket.sentry.net.unix;
