/**
 * The worker process: {@link dev.picket.sentry.boot.WorkerMain} connects to the control plane, warms up, confines itself,
 * and runs one {@link dev.picket.sentry.boot.Sandbox}. Here everything is wired; nothing imports this package.
 *
 * <p>Lock order: the sandbox, then a process's streams, then the control socket. The kernel is called without any of them.
 */
package dev.picket.sentry.boot;
