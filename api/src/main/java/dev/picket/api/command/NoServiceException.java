package dev.picket.api.command;

/** There is no service up, and this process cannot be one; see {@link FullProcess}. */
final class NoServiceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoServiceException() {
        super("no service is up");
    }
}
