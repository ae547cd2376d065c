/**
 * Sockets of any family: {@link dev.picket.sentry.net.socket.Socket}, the open file that the calls of socket(2) work on;
 * {@link dev.picket.sentry.net.socket.AddressFamily}, which makes them; what they hold: {@link
 * dev.picket.sentry.net.socket.ByteQueue} for streams, {@link dev.picket.sentry.net.socket.MessageQueue} for messages that
 * keep their bounds or bring files along, both within the sandbox's {@link dev.picket.sentry.net.socket.SocketBudget}.
 *
 * <p>Lock order: a queue, {@code memory}. Wait queues are woken and files released without these locks.
 */
package dev.picket.sentry.net.socket;
