/**
 * The families AF_INET and AF_INET6 on the sandbox's own loopback: {@link dev.picket.sentry.net.inet.TcpSocket}, {@link
 * dev.picket.sentry.net.inet.UdpSocket}, and what they share, {@link dev.picket.sentry.net.inet.InetStack}: ports,
 * connections, what is left of connections. There are no packets: sockets of one sandbox find each other in tables and
 * write into each other's queues. {@code net.link} decides whether an address is the sandbox's own.
 *
 * <p>Lock order: a socket's state, {@link dev.picket.sentry.net.inet.PortTable}, {@link
 * dev.picket.sentry.net.inet.TimeWaits}, {@link dev.picket.sentry.net.inet.AcceptQueue}, a queue of bytes or messages,
 * {@code memory}. No two sockets are locked at once. Data takes only the lock of the queue it goes to.
 */
package dev.picket.sentry.net.inet;
