/** What can go wrong, as one closed set: {@link dev.picket.service.failure.Failure}. No locks. */
package dev.picket.service.failure;
