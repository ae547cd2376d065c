/**
 * The contract between the Sentry and the ways to run guest code.
 *
 * <p>{@link dev.picket.platform.Platform} makes {@link dev.picket.platform.AddressSpace}s, which are sets of shared
 * mappings, and {@link dev.picket.platform.GuestContext}s, which run guest code in them until it stops; {@link
 * dev.picket.platform.Stop} says why it stopped. The implementations are siblings that know nothing of each other.
 *
 * <p>Lock order: a platform's locks are innermost; none is held while calling back, for there are no call-backs.
 */
package dev.picket.platform;
