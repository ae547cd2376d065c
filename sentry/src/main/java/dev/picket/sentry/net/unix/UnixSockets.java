package dev.picket.sentry.net.unix;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.socket.AddressFamily;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketBudget;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import dev.picket.sentry.vfs.Permission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The family AF_UNIX: makes its sockets, and knows those that have names; see unix(7). */
public final class UnixSockets implements AddressFamily {
    private static final int AUTOBIND_NAMES = 1 << 20;
    private static final int SOCKET_MODE = FileMode.S_IFSOCK | 0777;

    private final AnonymousFileSystem inodes;
    private final SocketBudget budget;

    // Guarded by this. A socket keeps the path it is bound to, and with it the inode, so that names found later lead
    // here.
    private final Map<String, UnixSocket> abstractNames = new HashMap<>();
    private final Map<Inode, UnixSocket> boundInodes = new IdentityHashMap<>();
    private final Set<UnixSocket> all = new LinkedHashSet<>();
    private int nextAutobind;

    /** @param inodes home of the sockets' inodes */
    public UnixSockets(AnonymousFileSystem inodes, SocketBudget budget) {
        this.inodes = inodes;
        this.budget = budget;
    }

    SocketBudget budget() {
        return budget;
    }

    @Override
    public Socket create(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException {
        if (protocol != 0 && protocol != AF_UNIX) {
            throw ErrnoException.of(Errno.EPROTONOSUPPORT);
        }
        return make(caller, type, flags);
    }

    UnixSocket make(SocketCaller caller, int type, int flags) throws ErrnoException {
        var inode = new AnonymousInode(inodes, FileMode.S_IFSOCK | 0777, caller.credentials(), "socket");
        UnixSocket socket =
                switch (type) {
                    case SOCK_STREAM, SOCK_SEQPACKET -> new UnixConnectedSocket(
                            this, inode, type, flags, caller.identity());
                        // Linux makes a datagram socket of a raw one.
                    case SOCK_DGRAM, SOCK_RAW -> new UnixDatagramSocket(this, inode, flags, caller.identity());
                    default -> throw ErrnoException.of(Errno.ESOCKTNOSUPPORT);
                };
        synchronized (this) {
            all.add(socket);
        }
        return socket;
    }

    @Override
    public Socket[] createPair(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException {
        if (protocol != 0 && protocol != AF_UNIX) {
            throw ErrnoException.of(Errno.EPROTONOSUPPORT);
        }
        var one = make(caller, type, flags);
        var other = make(caller, type, flags);
        one.pairWith(other);
        return new Socket[] {one, other};
    }

    /**
     * Gives {@code socket} a name.
     *
     * @return the path of the file made for it; null for an abstract name
     * @throws ErrnoException EADDRINUSE, or what making the file gives
     */
    Path bind(SocketCaller caller, UnixSocket socket, UnixAddress address) throws ErrnoException {
        if (address.isAbstract()) {
            synchronized (this) {
                if (abstractNames.putIfAbsent(address.name(), socket) != null) {
                    throw ErrnoException.of(Errno.EADDRINUSE);
                }
            }
            return null;
        }
        Path path;
        try {
            path = FileOperations.makeNode(
                    caller, caller.workingDirectory(), address.name(), SOCKET_MODE & ~caller.umask(), 0);
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EEXIST ? ErrnoException.of(Errno.EADDRINUSE) : e;
        }
        synchronized (this) {
            boundInodes.put(path.inode(), socket);
        }
        return path;
    }

    /** Chooses an abstract name of five hexadecimal digits, as bind(2) does for an address without a name. */
    UnixAddress bindAutomatically(UnixSocket socket) throws ErrnoException {
        synchronized (this) {
            for (int tries = 0; tries < AUTOBIND_NAMES; tries++) {
                String name = String.format("%05x", nextAutobind++ & AUTOBIND_NAMES - 1);
                if (abstractNames.putIfAbsent(name, socket) == null) {
                    return new UnixAddress(name, true);
                }
            }
        }
        throw ErrnoException.of(Errno.ENOSPC);
    }

    /** Takes a socket's name away. The file of a path stays, and leads nowhere. */
    void unbind(UnixSocket socket, UnixAddress address, Path path) {
        synchronized (this) {
            if (address.isAbstract()) {
                abstractNames.remove(address.name(), socket);
            } else {
                boundInodes.remove(path.inode(), socket);
            }
        }
    }

    /**
     * The socket with this address.
     *
     * @throws ErrnoException ECONNREFUSED if nobody has it; ENOENT, EACCES and so on from the walk; EPROTOTYPE if the
     *     socket is of another type
     */
    UnixSocket find(Caller caller, UnixAddress address, int type) throws ErrnoException {
        UnixSocket found;
        if (address.isAbstract()) {
            synchronized (this) {
                found = abstractNames.get(address.name());
            }
        } else {
            var path = PathWalk.resolve(caller, caller.workingDirectory(), address.name(), PathWalk.FOLLOW);
            Permission.check(caller.credentials(), path, Permission.WRITE);
            if (path.inode().type() != FileMode.S_IFSOCK) {
                throw ErrnoException.of(Errno.ECONNREFUSED);
            }
            synchronized (this) {
                found = boundInodes.get(path.inode());
            }
        }
        if (found == null) {
            throw ErrnoException.of(Errno.ECONNREFUSED);
        }
        if (found.type() != type) {
            throw ErrnoException.of(Errno.EPROTOTYPE);
        }
        return found;
    }

    /** Appends a line for each socket, as /proc/net/unix shows it. */
    public void describe(StringBuilder text) {
        List<UnixSocket> sockets;
        synchronized (this) {
            sockets = new ArrayList<>(all);
        }
        for (var socket : sockets) {
            socket.describe(text);
        }
    }

    synchronized void forget(UnixSocket socket) {
        all.remove(socket);
    }
}
