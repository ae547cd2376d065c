/** How a system call fails: {@link dev.picket.sentry.errno.ErrnoException}, and its restartable kind. */
package dev.picket.sentry.errno;
