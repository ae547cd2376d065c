/**
 * Sockets: {@link dev.picket.sentry.net.Socket}, the open file that the calls of socket(2) work on; {@link
 * dev.picket.sentry.net.Network}, which knows the address families of a sandbox; and the family AF_UNIX of unix(7): {@link
 * dev.picket.sentry.net.UnixSockets} with its names, {@link dev.picket.sentry.net.UnixConnectedSocket} (stream and
 * seqpacket), {@link dev.picket.sentry.net.UnixDatagramSocket}. Another family is one more {@link
 * dev.picket.sentry.net.AddressFamily}.
 *
 * <p>Lock order: a socket's state, the names of {@link dev.picket.sentry.net.UnixSockets}, a {@link
 * dev.picket.sentry.net.MessageQueue}, {@code memory}. No two sockets and no two queues are locked at once; wait queues
 * are woken and files released without any of these locks.
 */
package dev.picket.sentry.net;
