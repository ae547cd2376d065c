/**
 * Containers on the wire: {@link dev.picket.api.container.ContainerController} for what is asked and answered, {@link
 * dev.picket.api.container.ContainerStreamController} for what streams. {@link dev.picket.api.container.CreateRequest} and
 * {@link dev.picket.api.container.HostConfiguration} say which of Docker's settings are honoured, ignored or refused. No
 * locks.
 */
package dev.picket.api.container;
