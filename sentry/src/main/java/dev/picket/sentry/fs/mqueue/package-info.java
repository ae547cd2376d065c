/**
 * POSIX message queues, see mq_overview(7), and the file system that they are files of: {@link
 * dev.picket.sentry.fs.mqueue.MqueueFileSystem}.
 *
 * <p>Lock order: the directory, then one {@link dev.picket.sentry.fs.mqueue.MqueueInode}, then {@link
 * dev.picket.sentry.fs.mqueue.MqueueLimits}. Guest memory is not touched with any of them held.
 */
package dev.picket.sentry.fs.mqueue;
