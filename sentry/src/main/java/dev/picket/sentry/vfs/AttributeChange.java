package dev.picket.sentry.vfs;

/**
 * What of a file's metadata is to change; a null stays as it is. The change time is set by the file system.
 *
 * @param mode new permission bits, without the type
 * @param sizeBytes new size: truncates, or extends with zeros
 */
public record AttributeChange(
        Integer mode, Integer user, Integer group, Long sizeBytes, Long accessTimeNanos, Long modificationTimeNanos) {

    public static AttributeChange ofMode(int mode) {
        return new AttributeChange(mode, null, null, null, null, null);
    }

    public static AttributeChange ofSize(long sizeBytes) {
        return new AttributeChange(null, null, null, sizeBytes, null, null);
    }

    public static AttributeChange ofTimes(Long accessTimeNanos, Long modificationTimeNanos) {
        return new AttributeChange(null, null, null, null, accessTimeNanos, modificationTimeNanos);
    }
}
