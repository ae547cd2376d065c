package dev.picket.sentry.net.socket;

import dev.picket.sentry.vfs.Caller;

/** Who is at a socket's end: {@code struct ucred} of unix(7). */
public record PeerIdentity(int processId, int user, int group) {
    /** Of somebody unknown. */
    public static final PeerIdentity NOBODY = new PeerIdentity(0, 65534, 65534);

    /** The identity of a caller whose process is {@code processId}. */
    public static PeerIdentity of(Caller caller, int processId) {
        var credentials = caller.credentials();
        return new PeerIdentity(processId, credentials.effectiveUser(), credentials.effectiveGroup());
    }
}
