/**
 * Containers: what was asked for, what state they are in, and the state machine between the two. {@link
 * dev.picket.service.container.ContainerService} is the front door.
 *
 * <p>Lock order: the registry's names, then one container, then its streams, then events. No lock is held while a worker
 * or a subscriber is waited for.
 */
package dev.picket.service.container;
