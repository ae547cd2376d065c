/**
 * The host: the only place with native calls and raw memory.
 *
 * <p>{@link dev.picket.platform.host.NativeMemory} reads and writes memory of this process; {@link
 * dev.picket.platform.host.Host} has one method per system call, with the call's name, that returns what the call
 * returns, or the negated errno.
 */
package dev.picket.platform.host;
