package dev.picket.api.client;

/** The service refused a request. The message is the service's own. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    ApiException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }
}
