package dev.picket.service.container;

/** How a container ended; {@code error} is empty if there is nothing to say. */
public record Exit(int status, String error) {}
