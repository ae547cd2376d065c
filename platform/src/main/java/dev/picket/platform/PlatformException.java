package dev.picket.platform;

/** The host refused something a platform needs. Never the guest's fault; it ends the sandbox, not the worker pool. */
public final class PlatformException extends RuntimeException {
    private final int errno;

    public PlatformException(String message, int errno) {
        super(message + " (errno " + errno + ")");
        this.errno = errno;
    }

    public PlatformException(String message) {
        super(message);
        this.errno = 0;
    }

    /** The host's errno, or 0 if there is none. */
    public int errno() {
        return errno;
    }
}
