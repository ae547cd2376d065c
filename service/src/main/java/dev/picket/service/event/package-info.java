/** What happened, for those who watch: {@link dev.picket.service.event.Events}. One lock, the innermost of the service. */
package dev.picket.service.event;
