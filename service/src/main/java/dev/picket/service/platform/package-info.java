/**
 * The platforms of this host: which of them work, what they cost, and which a request gets. They are tried by a process of
 * their own, {@link dev.picket.service.platform.ProbeProcess}, once per service; {@link
 * dev.picket.service.platform.Platforms} answers from its table.
 *
 * <p>No locks; the pool of workers is called without any.
 */
package dev.picket.service.platform;
