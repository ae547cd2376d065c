/**
 * Which platforms there are, which of them work on this machine, and which is the fastest. The kinds, {@link
 * dev.picket.platform.select.PlatformKind}, are tried by running guests on them, and ranked by what a system call and a
 * fault cost. No locks.
 */
package dev.picket.platform.select;
