package dev.picket.sentry.net.socket;

import dev.picket.sentry.vfs.Caller;

/** A caller as sockets need to know it. */
public interface SocketCaller extends Caller {
    /** Who it is for its peers. */
    PeerIdentity identity();

    /** The bits that names in the file system, which bind(2) makes, do not get. */
    int umask();

    /** How many files the caller's user may have in flight: RLIMIT_NOFILE. */
    long inFlightLimit();
}
