package dev.picket.sentry.net.inet;

import dev.picket.sentry.net.link.Endpoint;

/** What tells TCP connections apart: where they go from and to, as one end sees it. */
record Connection(Endpoint local, Endpoint remote) {
    /** As the other end sees it. */
    Connection reversed() {
        return new Connection(remote, local);
    }
}
