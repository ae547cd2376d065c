package dev.picket.service.failure;

import dev.picket.storage.failure.StorageException;

/**
 * A request that could not be carried out. The message is for the user, and in Docker's words where Docker has any:
 * clients read them.
 */
public abstract sealed class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Failure(String message, Throwable cause) {
        super(message, cause);
    }

    /** What storage could not do, as a failure of the request that asked for it. */
    public static Failure of(StorageException e) {
        if (e instanceof StorageException.NotFound) {
            return new NotFound(e.getMessage());
        }
        if (e instanceof StorageException.Invalid) {
            return new BadParameter(e.getMessage(), e);
        }
        if (e instanceof StorageException.Conflict) {
            return new Conflict(e.getMessage());
        }
        if (e instanceof StorageException.Locked) {
            return new Unavailable(e.getMessage(), e);
        }
        // Corrupt, NoSpace, Failed: ours or the host's.
        return new Internal(e.getMessage(), e);
    }

    /** What was named is not there. */
    public static final class NotFound extends Failure {
        private static final long serialVersionUID = 1;

        public NotFound(String message) {
            super(message, null);
        }
    }

    /** The state of something forbids it now. */
    public static final class Conflict extends Failure {
        private static final long serialVersionUID = 1;

        public Conflict(String message) {
            super(message, null);
        }
    }

    /** The request itself is wrong. */
    public static final class BadParameter extends Failure {
        private static final long serialVersionUID = 1;

        public BadParameter(String message) {
            super(message, null);
        }

        public BadParameter(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** There is nothing to do: started or stopped already. */
    public static final class NotModified extends Failure {
        private static final long serialVersionUID = 1;

        public NotModified(String message) {
            super(message, null);
        }
    }

    /** Not allowed, whatever the state. */
    public static final class Forbidden extends Failure {
        private static final long serialVersionUID = 1;

        public Forbidden(String message) {
            super(message, null);
        }
    }

    /** Docker has it, Picket does not. */
    public static final class NotImplemented extends Failure {
        private static final long serialVersionUID = 1;

        public NotImplemented(String message) {
            super(message, null);
        }
    }

    /** Cannot be done now for want of something that may come back: a worker, a platform. */
    public static final class Unavailable extends Failure {
        private static final long serialVersionUID = 1;

        public Unavailable(String message) {
            super(message, null);
        }

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Our own fault, or the host's. */
    public static final class Internal extends Failure {
        private static final long serialVersionUID = 1;

        public Internal(String message) {
            super(message, null);
        }

        public Internal(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
