package dev.picket.platform.select;

/**
 * Whether a platform works on this machine, and what it costs.
 *
 * @param name by which a user asks for it
 * @param description one line on what it is
 * @param available whether it ran a guest program
 * @param reason why not, in one line; empty if it is available
 * @param roundTripNanos how long a system call of a guest takes there and back; 0 if it is not available
 * @param faultNanos how long it takes from a guest's touch of a page that is not there to its going on, the mapping of the
 *     page included; 0 if it is not available
 */
public record Probe(
        String name, String description, boolean available, String reason, long roundTripNanos, long faultNanos) {
    static Probe works(PlatformKind kind, long roundTripNanos, long faultNanos) {
        return new Probe(kind.id(), kind.description(), true, "", roundTripNanos, faultNanos);
    }

    static Probe fails(PlatformKind kind, String reason) {
        return new Probe(kind.id(), kind.description(), false, reason, 0, 0);
    }
}
