package dev.picket.sentry.boot;

import dev.picket.sentry.control.Event;

/** A process cannot be started, for a reason that is the user's. The message is in the words of Docker's runc. */
final class StartFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final Event.Reason reason;

    StartFailure(Event.Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    Event.Reason reason() {
        return reason;
    }
}
