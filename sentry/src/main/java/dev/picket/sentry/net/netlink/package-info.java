/**
 * The family AF_NETLINK, as far as rtnetlink(7) tells what interfaces, addresses and routes there are: {@link
 * dev.picket.sentry.net.netlink.NetlinkSocket} takes requests, {@link dev.picket.sentry.net.netlink.RouteRequests} answers
 * them from {@code net.link}.
 *
 * <p>Lock order: a socket's state, the ports of {@link dev.picket.sentry.net.netlink.NetlinkSockets}, a message queue.
 */
package dev.picket.sentry.net.netlink;
