/**
 * Signals without knowing of tasks: what they carry ({@link dev.picket.sentry.kernel.signal.SignalInfo}), sets of them
 * ({@link dev.picket.sentry.kernel.signal.SignalSet}), queues ({@link dev.picket.sentry.kernel.signal.PendingSignals}),
 * what is done with them ({@link dev.picket.sentry.kernel.signal.SignalActions}), and the frame on a handler's stack
 * ({@link dev.picket.sentry.kernel.signal.SignalFrame}).
 *
 * <p>No locks: queues and actions are guarded by the signal lock of the thread group they belong to.
 */
package dev.picket.sentry.kernel.signal;
