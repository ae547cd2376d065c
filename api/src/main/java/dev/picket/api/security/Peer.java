package dev.picket.api.security;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import reactor.netty.http.server.HttpServerRequest;

/** The other end of a connection, as the kernel knows it. A closed set. */
public sealed interface Peer {
    /** A process on a unix socket; SO_PEERCRED, unix(7). */
    record Process(int userId, int processId) implements Peer {}

    /** A TCP client. */
    record Network(InetSocketAddress address) implements Peer {}

    /** Nothing is known: never trusted. */
    record Unknown(String why) implements Peer {}

    /** The peer of a request's connection. */
    static Peer of(ServerHttpRequest request) {
        HttpServerRequest nettyRequest = ServerHttpRequestDecorator.getNativeRequest(request);
        var channel = new AtomicReference<Channel>();
        nettyRequest.withConnection(connection -> channel.set(connection.channel()));
        return of(channel.get());
    }

    private static Peer of(Channel channel) {
        if (channel instanceof EpollDomainSocketChannel unix) {
            try {
                PeerCredentials credentials = unix.peerCredentials();
                return new Process(credentials.uid(), credentials.pid());
            } catch (IOException e) {
                return new Unknown("no peer credentials: " + e.getMessage());
            }
        }
        if (channel.remoteAddress() instanceof InetSocketAddress address) {
            return new Network(address);
        }
        return new Unknown("connection of unknown kind");
    }
}
