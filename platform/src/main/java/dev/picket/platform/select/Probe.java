package dev.picket.platform.select;

/**
 * Whether a platform works on this machine.
 *
 * @param name by which a user asks for it
 * @param available whether it ran a guest program
 * @param reason why not, in one line; empty if it is available
 * @param roundTripNanos how long a system call of a guest takes there and back; 0 if it is not available
 */
public record Probe(String name, boolean available, String reason, long roundTripNanos) {}
