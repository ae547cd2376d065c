package dev.picket.sentry.net;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import java.util.HashMap;
import java.util.Map;

/** The network of a sandbox: its address families. One per sandbox. */
public final class Network {
    /** What all sockets may have in their queues together. */
    private static final long QUEUED_BYTES = 64L * 1024 * 1024;

    private final Map<Integer, AddressFamily> families = new HashMap<>();
    private final UnixSockets unixSockets;

    /** @param sockets home of sockets' inodes */
    public Network(AnonymousFileSystem sockets) {
        unixSockets = new UnixSockets(sockets, new SocketBudget(QUEUED_BYTES));
        families.put(Sockets.AF_UNIX, unixSockets);
    }

    /** The sockets of AF_UNIX. */
    public UnixSockets unixSockets() {
        return unixSockets;
    }

    /** The address family with this number; EAFNOSUPPORT. */
    public AddressFamily family(int domain) throws ErrnoException {
        var family = families.get(domain);
        if (family == null) {
            throw ErrnoException.of(Errno.EAFNOSUPPORT);
        }
        return family;
    }
}
