/**
 * Addresses and interfaces: {@link dev.picket.sentry.net.link.Links} says which {@link dev.picket.sentry.net.link.Link}
 * leads where; {@link dev.picket.sentry.net.link.InterfaceRequests} answers for them as netdevice(7) does. Nothing here
 * changes, so there are no locks.
 */
package dev.picket.sentry.net.link;
