/**
 * The control plane's wire: Spring Boot WebFlux in front of {@code dev.picket.service}. {@link dev.picket.api.ControlPlane}
 * starts it. Controllers are thin: bind, call once, return; wire records sit beside them. No locks.
 */
package dev.picket.api;
