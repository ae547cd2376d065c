/**
 * Pipes: {@link dev.picket.sentry.pipe.Pipe}, the buffer with its two ends, {@link dev.picket.sentry.pipe.PipeEnd}, the
 * open file of an end, and {@link dev.picket.sentry.pipe.Fifos}, which finds the pipe of a named pipe's inode. See
 * pipe(7) and fifo(7).
 *
 * <p>The Sentry itself may hold an end too ({@link dev.picket.sentry.pipe.Pipe#readBytes}): the streams of a process
 * that the control plane feeds and listens to are pipes.
 *
 * <p>Lock order: a pipe's lock, then {@code memory}. Wait queues are woken without the pipe's lock. No two pipes are
 * locked at once.
 */
package dev.picket.sentry.pipe;
