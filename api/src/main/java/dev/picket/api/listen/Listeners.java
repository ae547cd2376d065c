package dev.picket.api.listen;

import io.netty.channel.Channel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * One HTTP handler behind several listening sockets.
 *
 * <p>Unix sockets use the epoll transport: with NIO a half-closed unix socket (the docker CLI's end of standard input)
 * goes unnoticed.
 */
public final class Listeners {
    private static final Logger logger = LoggerFactory.getLogger(Listeners.class);

    /** Longer request lines than Netty's 4 KiB: filters of list calls travel in the query. */
    private static final int REQUEST_LINE_MAX_BYTES = 64 * 1024;
    /** X-Registry-Auth and X-Registry-Config travel in headers. */
    private static final int HEADERS_MAX_BYTES = 64 * 1024;

    private static final Duration BIND_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    private final List<ListenAddress> addresses;
    private final HttpHandler handler;
    private final List<Bound> bound = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private LoopResources loops;

    private record Bound(ListenAddress address, DisposableServer server, SocketFile file) {}

    public Listeners(List<ListenAddress> addresses, HttpHandler handler) {
        this.addresses = List.copyOf(addresses);
        this.handler = handler;
    }

    /** Binds all addresses. @throws IOException if one cannot be bound; then none is */
    public void start() throws IOException {
        int threads = Math.max(2, Math.min(8, Runtime.getRuntime().availableProcessors()));
        loops = LoopResources.create("http", 1, threads, true);
        try {
            for (ListenAddress address : addresses) {
                bound.add(bind(address));
            }
        } catch (IOException | RuntimeException e) {
            stop();
            throw e;
        }
    }

    private Bound bind(ListenAddress address) throws IOException {
        HttpServer server = HttpServer.create()
                .runOn(loops, true)
                .httpRequestDecoder(spec -> spec.maxInitialLineLength(REQUEST_LINE_MAX_BYTES)
                        .maxHeaderSize(HEADERS_MAX_BYTES)
                        .validateHeaders(true))
                .doOnConnection(connection -> {
                    Channel channel = connection.channel();
                    connections.incrementAndGet();
                    channel.closeFuture().addListener(closed -> connections.decrementAndGet());
                })
                .handle(new ReactorHttpHandlerAdapter(handler));

        if (address instanceof ListenAddress.Tcp tcp) {
            DisposableServer disposable = bindNow(server.bindAddress(tcp::address), address);
            int port = ((InetSocketAddress) disposable.address()).getPort();
            var actual =
                    new ListenAddress.Tcp(new InetSocketAddress(tcp.address().getAddress(), port));
            return new Bound(actual, disposable, null);
        }
        var unix = (ListenAddress.Unix) address;
        var file = new SocketFile(unix.path());
        file.prepare();
        DisposableServer disposable = bindNow(
                server.bindAddress(() -> new DomainSocketAddress(file.bindPath().toFile())), address);
        try {
            file.publish();
        } catch (IOException e) {
            disposable.disposeNow();
            throw e;
        }
        return new Bound(address, disposable, file);
    }

    private static DisposableServer bindNow(HttpServer server, ListenAddress address) throws IOException {
        try {
            return server.bindNow(BIND_TIMEOUT);
        } catch (RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("cannot listen on " + address + ": " + cause.getMessage(), e);
        }
    }

    /** The addresses as bound: a TCP port of 0 is replaced by the one the kernel chose. */
    public List<ListenAddress> addresses() {
        return bound.stream().map(Bound::address).toList();
    }

    /** How many client connections are open now. */
    public int openConnections() {
        return connections.get();
    }

    /** Ends all listeners and connections. */
    public void stop() {
        for (Bound listener : bound) {
            try {
                if (listener.file() != null) {
                    listener.file().remove();
                }
                listener.server().disposeNow(STOP_TIMEOUT);
            } catch (IOException e) {
                logger.warn("cannot remove the socket of {}", listener.address(), e);
            } catch (IllegalStateException e) {
                // Connections that outlive the listener end with the event loops below.
                logger.debug("{} did not stop in time", listener.address(), e);
            }
        }
        bound.clear();
        if (loops != null) {
            awaitLoops();
            loops = null;
        }
    }

    private void awaitLoops() {
        try {
            loops.disposeLater(Duration.ZERO, STOP_TIMEOUT)
                    .toFuture()
                    .get(STOP_TIMEOUT.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            logger.debug("event loops did not stop in time", e);
        }
    }
}
