package dev.picket.storage.failure;

import java.io.IOException;
import java.util.Locale;

/**
 * Why storage could not do what it was asked. A closed set; the message is one sentence, fit for the user, in Docker's
 * own words where Docker has some.
 */
public abstract sealed class StorageException extends Exception {
    private StorageException(String message, Throwable cause) {
        super(message, cause);
    }

    /** There is no such thing. */
    public static final class NotFound extends StorageException {
        public NotFound(String message) {
            super(message, null);
        }
    }

    /** What was handed in is malformed, or beyond a limit. Nothing of it was kept. */
    public static final class Invalid extends StorageException {
        public Invalid(String message) {
            super(message, null);
        }

        public Invalid(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** It contradicts what is there: a name in use, an image in use. */
    public static final class Conflict extends StorageException {
        public Conflict(String message) {
            super(message, null);
        }
    }

    /** What is stored is damaged. */
    public static final class Corrupt extends StorageException {
        public Corrupt(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The disk or its quota is full. Nothing was kept. */
    public static final class NoSpace extends StorageException {
        public NoSpace(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Another service has the data directory. */
    public static final class Locked extends StorageException {
        public Locked(String message) {
            super(message, null);
        }
    }

    /** The host failed us: an I/O error, a closed connection, an interrupted thread. */
    public static final class Failed extends StorageException {
        public Failed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Sorts an I/O error into the kinds above.
     *
     * @param doing what was being done, to begin the sentence with: "importing the image"
     */
    public static StorageException of(String doing, IOException cause) {
        if (cause instanceof MalformedContentException) {
            return new Invalid(doing + ": " + cause.getMessage(), cause);
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        String lower = message.toLowerCase(Locale.ROOT);
        // The JDK has no exception of its own for ENOSPC and EDQUOT; the texts are those of strerror(3).
        if (lower.contains("no space left on device") || lower.contains("disk quota exceeded")) {
            return new NoSpace(doing + ": " + message, cause);
        }
        return new Failed(doing + ": " + message, cause);
    }
}
