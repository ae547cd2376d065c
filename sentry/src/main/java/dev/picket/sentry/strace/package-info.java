/**
 * System calls as text, for people who debug a guest: {@link dev.picket.sentry.strace.SyscallPrinter} renders what {@link
 * dev.picket.sentry.strace.Shapes} says of each call's arguments. No locks of its own.
 */
package dev.picket.sentry.strace;
