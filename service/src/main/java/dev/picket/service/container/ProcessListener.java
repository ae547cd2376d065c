package dev.picket.service.container;

import dev.picket.sentry.control.Event;

/** Hears from one process in a container. Called in order by one thread at a time; must not block. */
public interface ProcessListener {
    /** How to steer it; told before anything else, when it is about to be asked for. */
    void assigned(GuestProcess process);

    void started(int guestProcessId);

    /** It never ran; nothing comes after this. */
    void startFailed(Event.Reason reason, String message);

    /** @throws IllegalStateException if it is more than was credited */
    void output(int stream, byte[] data);

    void outputEnd(int stream);

    void inputCredit(int bytes);

    /** It has ended, or its container has; nothing comes after this. */
    void exited(int status);
}
