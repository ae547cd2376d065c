package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.socket.AddressFamily;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.vfs.AnonymousInode;

/** The families AF_INET and AF_INET6: make sockets of TCP and UDP. */
public final class InetSockets implements AddressFamily {
    private final int domain;
    private final InetStack stack;

    /** @param domain AF_INET or AF_INET6 */
    public InetSockets(int domain, InetStack stack) {
        this.domain = domain;
        this.stack = stack;
    }

    @Override
    public Socket create(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException {
        if (protocol < 0 || protocol >= IPPROTO_MAX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        switch (type) {
            case SOCK_STREAM -> {
                checkProtocol(protocol == 0 || protocol == IPPROTO_TCP);
                return new TcpSocket(stack, inode(caller.credentials()), domain, flags, caller.credentials());
            }
            case SOCK_DGRAM -> {
                if (protocol == (domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
                    throw ErrnoException.of(Errno.EACCES); // net.ipv4.ping_group_range is empty
                }
                checkProtocol(protocol == 0 || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE);
                int chosen = protocol == 0 ? IPPROTO_UDP : protocol;
                return new UdpSocket(stack, inode(caller.credentials()), domain, chosen, flags, caller.credentials());
            }
            case SOCK_RAW -> {
                checkProtocol(protocol != 0);
                throw ErrnoException.of(Errno.EPERM); // as for those without CAP_NET_RAW
            }
            default -> throw ErrnoException.of(Errno.ESOCKTNOSUPPORT);
        }
    }

    private AnonymousInode inode(Credentials owner) {
        return new AnonymousInode(stack.inodes(), FileMode.S_IFSOCK | 0777, owner, "socket");
    }

    private static void checkProtocol(boolean isKnown) throws ErrnoException {
        if (!isKnown) {
            throw ErrnoException.of(Errno.EPROTONOSUPPORT);
        }
    }

    /** There are no pairs; but bad arguments are told first. */
    @Override
    public Socket[] createPair(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException {
        create(caller, type, protocol, flags).release();
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }
}
