/**
 * Processes: {@link dev.picket.sentry.kernel.Kernel}, the root of everything; {@link dev.picket.sentry.kernel.Task}s in
 * {@link dev.picket.sentry.kernel.ThreadGroup}s, in process groups and sessions; how they are made, replaced, signalled
 * and ended.
 *
 * <p>Each task has one Java thread, which goes from one {@link dev.picket.sentry.kernel.RunState} to the next: run the
 * program, handle signals, stand still, end. Others never change a task; they leave signals and wake it.
 *
 * <p>What stands still for a tracer ({@link dev.picket.sentry.kernel.Tracing}) does so in its own thread, and the tracer
 * looks at its registers under the tracee's signal lock, which the tracee needs to go on.
 *
 * <p>Lock order: the tree lock ({@code Kernel.tree()}: parents, children, process groups, ids, zombies), then the lock of
 * one {@link dev.picket.sentry.kernel.GroupSignals} (pending signals, masks, actions, stops, the list of tasks), never of
 * two; then queues of {@code sentry.wait}. File tables and futexes have locks of their own, taken with neither of these
 * held. Guest memory is not touched with a lock of this package held.
 */
package dev.picket.sentry.kernel;
