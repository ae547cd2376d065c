package dev.picket.sentry.memory;

/**
 * One mapping as /proc/PID/maps and smaps show it.
 *
 * @param end first address after it
 * @param prot PROT_ bits
 * @param offset in what is mapped; 0 for anonymous memory
 * @param device device number of what is mapped, 0 for anonymous memory
 * @param name path of the file, or a name such as {@code [heap]}; null if there is none
 * @param anonymous whether it maps no file
 * @param locked whether mlock(2) holds it
 */
public record MappingInfo(
        long start,
        long end,
        int prot,
        boolean shared,
        long offset,
        long device,
        long inode,
        String name,
        boolean anonymous,
        boolean growsDown,
        boolean locked) {}
