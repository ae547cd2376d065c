package dev.picket.api.failure;

import dev.picket.service.failure.Failure;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.springframework.core.codec.DecodingException;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.MissingRequestValueException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;

/** Turns whatever a request ended with into a status and a message, in Docker's words where it has any. */
public final class FailureMapping {
    /** What goes to the client. */
    public record Answer(HttpStatus status, String message) {}

    private FailureMapping() {}

    /** The answer to {@code error}. */
    public static Answer answer(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof Failure failure) {
            return new Answer(status(failure), failure.getMessage());
        }
        if (cause instanceof RejectedExecutionException) {
            return new Answer(HttpStatus.SERVICE_UNAVAILABLE, "too many requests wait already");
        }
        if (cause instanceof DataBufferLimitException) {
            return new Answer(HttpStatus.BAD_REQUEST, "http: request body too large");
        }
        if (cause instanceof JacksonException || cause instanceof DecodingException) {
            return new Answer(HttpStatus.BAD_REQUEST, "invalid JSON: " + jsonProblem(cause));
        }
        if (cause instanceof ResponseStatusException status) {
            return answerOfSpring(status);
        }
        return new Answer(HttpStatus.INTERNAL_SERVER_ERROR, "internal error: " + cause);
    }

    // A switch over the sealed type needs Java 21's patterns; the last case is Internal.
    private static HttpStatus status(Failure failure) {
        if (failure instanceof Failure.NotFound) {
            return HttpStatus.NOT_FOUND;
        } else if (failure instanceof Failure.Conflict) {
            return HttpStatus.CONFLICT;
        } else if (failure instanceof Failure.BadParameter) {
            return HttpStatus.BAD_REQUEST;
        } else if (failure instanceof Failure.NotModified) {
            return HttpStatus.NOT_MODIFIED;
        } else if (failure instanceof Failure.Forbidden) {
            return HttpStatus.FORBIDDEN;
        } else if (failure instanceof Failure.NotImplemented) {
            return HttpStatus.NOT_IMPLEMENTED;
        } else if (failure instanceof Failure.Unavailable) {
            return HttpStatus.SERVICE_UNAVAILABLE;
        } else {
            return HttpStatus.INTERNAL_SERVER_ERROR;
        }
    }

    private static Answer answerOfSpring(ResponseStatusException error) {
        HttpStatus status = HttpStatus.resolve(error.getStatusCode().value());
        if (status == HttpStatus.NOT_FOUND || error instanceof MethodNotAllowedException) {
            return new Answer(HttpStatus.NOT_FOUND, "page not found");
        }
        if (error instanceof UnsupportedMediaTypeStatusException media) {
            return new Answer(
                    HttpStatus.BAD_REQUEST,
                    "unsupported Content-Type header (" + media.getContentType() + "): must be 'application/json'");
        }
        if (error instanceof MissingRequestValueException missing) {
            return new Answer(HttpStatus.BAD_REQUEST, "missing parameter: " + missing.getName());
        }
        if (error instanceof ServerWebInputException) {
            return new Answer(HttpStatus.BAD_REQUEST, inputProblem(error));
        }
        if (status == HttpStatus.CONTENT_TOO_LARGE) {
            return new Answer(HttpStatus.BAD_REQUEST, "http: request body too large");
        }
        if (status == HttpStatus.UNSUPPORTED_MEDIA_TYPE) {
            return new Answer(HttpStatus.BAD_REQUEST, "unsupported Content-Type header: must be 'application/json'");
        }
        String reason = error.getReason();
        return new Answer(
                status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status, reason == null ? "refused" : reason);
    }

    private static String inputProblem(ResponseStatusException error) {
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof DataBufferLimitException) {
                return "http: request body too large";
            }
            if (cause instanceof JacksonException || cause instanceof DecodingException) {
                return "invalid JSON: " + jsonProblem(cause);
            }
        }
        return "invalid request: " + error.getReason();
    }

    private static String jsonProblem(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnexpectedEndOfInputException) {
                return "unexpected EOF";
            }
            if (cause instanceof JacksonException json) {
                return json.getOriginalMessage();
            }
        }
        String message = String.valueOf(error.getMessage());
        // Spring's words for an empty body name our method; these are Docker's.
        return message.startsWith("No request body") ? "got EOF while reading request body" : message;
    }
}
