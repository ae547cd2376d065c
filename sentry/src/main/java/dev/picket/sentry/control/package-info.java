/**
 * Messages between the control plane and a worker: {@link dev.picket.sentry.control.Command}s one way, {@link
 * dev.picket.sentry.control.Event}s the other, as frames on a unix socket. Imports nothing else of the Sentry.
 */
package dev.picket.sentry.control;
