/**
 * Filters of system calls that guests set by seccomp(2): {@link dev.picket.sentry.kernel.seccomp.FilterProgram} checks and
 * runs one program, {@link dev.picket.sentry.kernel.seccomp.FilterChain} all that a task has. Both are immutable; there are
 * no locks.
 */
package dev.picket.sentry.kernel.seccomp;
