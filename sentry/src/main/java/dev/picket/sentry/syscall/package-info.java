/**
 * The system calls: {@link dev.picket.sentry.syscall.SyscallTable} says who handles which, {@link
 * dev.picket.sentry.syscall.Dispatcher} calls the handlers, and there is one file of handlers per family of man pages.
 *
 * <p>Handlers have one form: decode the arguments, look up what they name, act. They run in the thread of the task that
 * made the call. No locks of their own.
 */
package dev.picket.sentry.syscall;
