package dev.picket.api.stream;

import dev.picket.api.failure.FailureMapping;
import dev.picket.api.version.ApiVersion;
import dev.picket.service.stream.Attachment;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Takes a connection away from HTTP: the client asked for a raw stream.
 *
 * <p>With {@code Upgrade} the answer is {@code 101 UPGRADED}, which the Go client insists on; without it {@code 200 OK} and
 * a body that ends with the connection. After that the client's half-close is the end of standard input, while output
 * goes on.
 */
public final class Hijack {
    private static final String HANDLER = "picket.hijack";

    private Hijack() {}

    /** Connects the request's connection with {@code attachment}; completes when the connection is gone. */
    public static Mono<Void> connect(ServerWebExchange exchange, Attachment attachment) {
        StreamFraming framing = StreamFraming.of(attachment.isTerminal());
        return take(exchange, framing).flatMap(connection -> {
            connection.onLoop(() -> connection.handler().connect(attachment));
            return connection.handler().closed();
        });
    }

    /**
     * Sends the headers first, and only then starts what shall be connected. What goes wrong from then on is told inside
     * the stream.
     */
    public static Mono<Void> connectAfterHeaders(
            ServerWebExchange exchange, StreamFraming framing, Supplier<Mono<Attachment>> start) {
        return take(exchange, framing).flatMap(connection -> {
            start.get()
                    .subscribe(
                            attachment ->
                                    connection.onLoop(() -> connection.handler().connect(attachment)),
                            error -> connection.onLoop(() -> connection
                                    .handler()
                                    .refuse(FailureMapping.answer(error).message())));
            return connection.handler().closed();
        });
    }

    private record Taken(Channel channel, HijackedConnection handler) {
        void onLoop(Runnable action) {
            channel.eventLoop().execute(action);
        }
    }

    private static Mono<Taken> take(ServerWebExchange exchange, StreamFraming framing) {
        HttpServerResponse response = ServerHttpResponseDecorator.getNativeResponse(exchange.getResponse());
        var found = new AtomicReference<Channel>();
        response.withConnection(connection -> found.set(connection.channel()));
        Channel channel = found.get();
        String head = head(exchange, framing);
        var handler = new HijackedConnection(framing);

        return Mono.create(sink -> channel.eventLoop().execute(() -> {
            if (!channel.isActive()) {
                sink.error(new IOException("the client is gone"));
                return;
            }
            // Only here: on other connections a half-closed client is a client that is gone.
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            // The socket is read when the process wants input, one read at a time.
            channel.config().setAutoRead(false);
            ChannelPipeline pipeline = channel.pipeline();
            pipeline.addLast(HANDLER, handler);
            for (String name : pipeline.names()) {
                ChannelHandler other = pipeline.get(name);
                if (other != null && other != handler) {
                    pipeline.remove(other);
                }
            }
            channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), head));
            sink.success(new Taken(channel, handler));
        }));
    }

    private static String head(ServerWebExchange exchange, StreamFraming framing) {
        HttpHeaders answered = exchange.getResponse().getHeaders();
        boolean upgrade = exchange.getRequest().getHeaders().containsHeader(HttpHeaders.UPGRADE);
        var head = new StringBuilder(256);
        head.append(upgrade ? "HTTP/1.1 101 UPGRADED\r\n" : "HTTP/1.1 200 OK\r\n");
        head.append("Content-Type: ")
                .append(StreamContentType.of(ApiVersion.of(exchange), framing))
                .append("\r\n");
        if (upgrade) {
            head.append("Connection: Upgrade\r\nUpgrade: tcp\r\n");
        }
        for (String name : new String[] {"Api-Version", "Docker-Experimental", "Ostype", "Server"}) {
            head.append(name).append(": ").append(answered.getFirst(name)).append("\r\n");
        }
        return head.append("\r\n").toString();
    }
}
