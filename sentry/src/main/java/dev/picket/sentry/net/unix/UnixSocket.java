package dev.picket.sentry.net.unix;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Path;

/** What sockets of AF_UNIX of all types have: names, an identity, an error that waits to be told. */
abstract class UnixSocket extends Socket {
    private static final byte[] NOTHING = {};

    private final UnixSockets family;
    private final AnonymousInode socketInode;
    private final PeerIdentity maker;
    private UnixAddress address;
    private Path boundPath;
    private boolean binding;
    private int error;

    UnixSocket(UnixSockets family, AnonymousInode inode, int type, int protocol, int flags, PeerIdentity maker) {
        super(inode, AF_UNIX, type, protocol, flags);
        this.family = family;
        this.socketInode = inode;
        this.maker = maker;
    }

    final UnixSockets family() {
        return family;
    }

    /** Who made the socket. */
    final PeerIdentity maker() {
        return maker;
    }

    /** Connects two fresh sockets with each other. */
    abstract void pairWith(UnixSocket other) throws ErrnoException;

    // ---- Names

    @Override
    public final void bind(SocketCaller caller, byte[] bytes) throws ErrnoException {
        boolean chooses = UnixAddress.isFamilyOnly(bytes);
        var wanted = chooses ? null : UnixAddress.decode(bytes);
        synchronized (this) {
            if (address != null || binding) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            binding = true; // making the file takes locks that come before this socket's
        }
        UnixAddress got = null;
        Path path = null;
        try {
            if (chooses) {
                got = family.bindAutomatically(this);
            } else {
                path = family.bind(caller, this, wanted);
                got = wanted;
            }
        } finally {
            synchronized (this) {
                binding = false;
                address = got;
                boundPath = path;
            }
        }
    }

    /** Gives the socket a name of the kernel's choice if it has none: SO_PASSCRED makes senders known by name. */
    final void bindIfUnnamed() throws ErrnoException {
        synchronized (this) {
            if (address != null || binding) {
                return;
            }
            address = family.bindAutomatically(this);
        }
    }

    /** A connection's own end has the name of the socket that listened. */
    final synchronized void adoptName(UnixAddress name) {
        address = name;
    }

    final synchronized UnixAddress address() {
        return address;
    }

    @Override
    public final byte[] localAddress() {
        return encoded();
    }

    /** The address as its peers see it. */
    final synchronized byte[] encoded() {
        return address == null ? UnixAddress.unnamed() : address.encode();
    }

    /** Takes back the name, if it is this socket's own. */
    final void releaseName() {
        UnixAddress old;
        Path path;
        synchronized (this) {
            old = address;
            path = boundPath;
            boundPath = null;
        }
        if (old != null && (old.isAbstract() || path != null)) {
            family.unbind(this, old, path);
        }
        family.forget(this);
    }

    // ---- Errors

    final void setError(int errno) {
        synchronized (this) {
            error = errno;
        }
    }

    @Override
    protected final synchronized int takeError() {
        int errno = error;
        error = 0;
        return errno;
    }

    final synchronized boolean hasError() {
        return error != 0;
    }

    /** Throws the error that waits to be told, once. */
    final void throwError() throws ErrnoException {
        int errno = takeError();
        if (errno != 0) {
            throw ErrnoException.of(errno);
        }
    }

    // ---- Sending

    /** There are no bytes out of band; see unix(7). */
    static void checkFlags(int flags) throws ErrnoException {
        if ((flags & MSG_OOB) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
    }

    /**
     * Copies bytes to send from the guest.
     *
     * @return the bytes, at most {@code maximum}
     */
    static byte[] copyIn(SendRequest request, int maximum) throws ErrnoException {
        int length = (int) Math.min(request.source().remaining(), maximum);
        if (length == 0) {
            return NOTHING;
        }
        byte[] data = new byte[length];
        int copied = request.source().copyIn(data, 0, length);
        return copied == length ? data : java.util.Arrays.copyOf(data, copied);
    }

    /** Counts the files of a request as being in flight; ETOOMANYREFS. Taken back by {@code land} of the budget. */
    final void launch(SendRequest request) throws ErrnoException {
        int count = request.files().count();
        if (count > 0 && !family.budget().launch(count, request.caller().inFlightLimit())) {
            throw ErrnoException.of(Errno.ETOOMANYREFS);
        }
    }

    final PeerIdentity senderOf(SendRequest request) {
        return request.sender() == null ? maker : request.sender();
    }

    // ---- /proc/net/unix

    /** State as /proc/net/unix shows it: 1 unconnected, 3 connected. */
    abstract int shownState();

    final void describe(StringBuilder text) {
        var name = address();
        text.append(String.format(
                "%016x: %08X %08X %08X %04X %02X %5d",
                0, 2, 0, isListening() ? 0x10000 : 0, type(), shownState(), socketInode.number()));
        text.append(name == null ? "" : " " + name.shown()).append('\n');
    }
}
