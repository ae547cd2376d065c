/**
 * Who may speak to the service. A unix socket: the service's own user, and root, by the peer credentials that the kernel
 * vouches for. TCP: the loopback only, under a name of the loopback, and no browser page of another origin. No locks.
 */
package dev.picket.api.security;
