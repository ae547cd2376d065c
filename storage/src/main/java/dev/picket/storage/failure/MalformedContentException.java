package dev.picket.storage.failure;

import java.io.IOException;

/** The bytes of a stream are not what they claim to be, unlike an error of the file or connection they come from. */
public final class MalformedContentException extends IOException {
    public MalformedContentException(String message) {
        super(message);
    }

    public MalformedContentException(String message, Throwable cause) {
        super(message, cause);
    }
}
