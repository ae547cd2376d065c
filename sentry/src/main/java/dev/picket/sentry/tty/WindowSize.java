package dev.picket.sentry.tty;

/** Size of a terminal's window, {@code struct winsize} of ioctl_tty(2): in characters, and in pixels where known. */
public record WindowSize(int rows, int columns, int xPixels, int yPixels) {
    static final int BYTES = 8;
}
