/**
 * System V IPC, see sysvipc(7): the objects of one {@link dev.picket.sentry.kernel.ipc.IpcNamespace}, shared memory,
 * semaphores and message queues.
 *
 * <p>Lock order: a process's {@link dev.picket.sentry.kernel.ipc.UndoList}, then one {@link
 * dev.picket.sentry.kernel.ipc.SemaphoreSet} or {@link dev.picket.sentry.kernel.ipc.MessageQueue}, or a table of one kind
 * of objects ({@code IpcTable}), then {@link dev.picket.sentry.kernel.ipc.SharedSegments}, then {@link
 * dev.picket.sentry.kernel.ipc.IpcLimits}. That of the shared segments is taken inside that of a memory manager; guest
 * memory is never copied with a lock of this package held.
 */
package dev.picket.sentry.kernel.ipc;
