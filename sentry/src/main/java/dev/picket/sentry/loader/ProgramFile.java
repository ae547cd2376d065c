package dev.picket.sentry.loader;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;

/** A file as the loader sees it: bytes to read, and pages to map. */
interface ProgramFile {
    /**
     * Reads at {@code offset}, not negative, until the array is full or the file ends.
     *
     * @return bytes read
     */
    int read(long offset, byte[] destination) throws ErrnoException;

    /** What to map; EACCES if it cannot be mapped. */
    Mappable mappable() throws ErrnoException;
}
