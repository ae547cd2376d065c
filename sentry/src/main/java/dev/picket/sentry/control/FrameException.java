package dev.picket.sentry.control;

import java.io.IOException;

/** The other side sent something that is no frame. Nothing it sends after that means anything. */
public final class FrameException extends IOException {
    private static final long serialVersionUID = 1;

    public FrameException(String message) {
        super(message);
    }
}
