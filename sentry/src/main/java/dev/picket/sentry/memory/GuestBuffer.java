package dev.picket.sentry.memory;

import dev.picket.sentry.errno.ErrnoException;

/**
 * Guest memory that a call reads from or writes to: one range, or the ranges of an iovec, used up from the front.
 *
 * <p>The ranges were fetched from the guest once; the memory behind them may change or vanish at any time. Copying stops
 * at the first byte that cannot be accessed: then what was copied before it counts, and only if that is nothing is the
 * answer EFAULT.
 */
public abstract class GuestBuffer {
    /** Bytes left. */
    public abstract long remaining();

    /**
     * Copies from the guest to {@code destination}, and uses up what was copied.
     *
     * @return bytes copied, at most {@code length} and {@link #remaining()}
     * @throws ErrnoException EFAULT if not even one byte could be read
     */
    public abstract int copyIn(byte[] destination, int offset, int length) throws ErrnoException;

    /** Copies to the guest from {@code source}; see {@link #copyIn(byte[], int, int)}. */
    public abstract int copyOut(byte[] source, int offset, int length) throws ErrnoException;

    /** Copies from the guest to native memory of this process; see {@link #copyIn(byte[], int, int)}. */
    public abstract long copyInNative(long destination, long length) throws ErrnoException;

    /** Copies to the guest from native memory of this process; see {@link #copyIn(byte[], int, int)}. */
    public abstract long copyOutNative(long source, long length) throws ErrnoException;

    /** Writes zeros to the guest; see {@link #copyIn(byte[], int, int)}. */
    public abstract long zero(long length) throws ErrnoException;

    /** Takes back the last {@code bytes} that were used up. */
    public abstract void rewind(long bytes);
}
