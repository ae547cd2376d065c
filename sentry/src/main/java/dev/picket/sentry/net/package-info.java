/**
 * The network of a sandbox: {@link dev.picket.sentry.net.Network} knows its address families, its links and what settings
 * they share.
 *
 * <ul>
 *   <li>{@code net.socket}: the socket as an open file, what it sends and receives, queues of bytes and of messages.
 *   <li>{@code net.unix}: AF_UNIX.
 *   <li>{@code net.link}: addresses, interfaces and routes.
 *   <li>{@code net.inet}: AF_INET and AF_INET6: TCP and UDP.
 *   <li>{@code net.netlink}: AF_NETLINK.
 * </ul>
 *
 * <p>Lock order: none here; see the packages.
 */
package dev.picket.sentry.net;
