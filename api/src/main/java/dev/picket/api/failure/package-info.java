/**
 * Errors on the wire: one mapping from {@link dev.picket.service.failure.Failure} and from what Spring throws to a status
 * and {@code {"message": ...}}. No locks.
 */
package dev.picket.api.failure;
