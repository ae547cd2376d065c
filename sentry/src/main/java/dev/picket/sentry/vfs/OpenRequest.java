package dev.picket.sentry.vfs;

/**
 * How a file is to be opened; open(2), openat2(2).
 *
 * @param flags O_ flags
 * @param mode permission bits of a file that is made; the umask has been applied
 * @param resolve flags of {@link PathWalk} that bound the walk: NO_CROSSING and those behind it; usually 0
 */
public record OpenRequest(int flags, int mode, int resolve) {}
