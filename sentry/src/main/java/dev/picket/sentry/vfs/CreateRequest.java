package dev.picket.sentry.vfs;

/**
 * A file to be made.
 *
 * @param mode type and permission bits; the umask has been applied
 * @param deviceNumber for device files
 * @param linkTarget for symbolic links
 */
public record CreateRequest(int mode, int user, int group, long deviceNumber, String linkTarget) {}
