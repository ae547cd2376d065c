package dev.picket.sentry.vfs;

/**
 * Metadata of a file, as stat(2) and statx(2) show them. Sizes in bytes, blocks of 512 bytes, times in nanoseconds since
 * 1970 (UTC).
 *
 * @param device number of the device that holds the file system
 * @param mode type and permission bits
 * @param deviceNumber what a device file stands for (st_rdev), encoded as glibc's makedev(3) does
 */
public record Attributes(
        long device,
        long inode,
        int mode,
        long links,
        int user,
        int group,
        long deviceNumber,
        long sizeBytes,
        int blockSizeBytes,
        long blocks,
        long accessTimeNanos,
        long modificationTimeNanos,
        long changeTimeNanos) {}
