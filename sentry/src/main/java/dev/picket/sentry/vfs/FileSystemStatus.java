package dev.picket.sentry.vfs;

/** Sizes of a file system, as statfs(2) shows them; {@code magic} is from {@code linux/magic.h}. */
public record FileSystemStatus(
        long magic,
        long blockSizeBytes,
        long blocks,
        long blocksFree,
        long blocksAvailable,
        long files,
        long filesFree,
        int nameMaximumBytes) {}
