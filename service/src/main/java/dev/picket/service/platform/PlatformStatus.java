package dev.picket.service.platform;

/**
 * Whether a platform works on this host, and what it costs.
 *
 * @param description one line on what it is
 * @param reason why it does not work; empty if it does
 * @param roundTripNanos cost of a system call of a guest, there and back; 0 if it does not work
 * @param faultNanos cost of a page fault that the Sentry answers; 0 if it does not work
 */
public record PlatformStatus(
        String name, String description, boolean available, String reason, long roundTripNanos, long faultNanos) {}
