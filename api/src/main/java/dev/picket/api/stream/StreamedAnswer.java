package dev.picket.api.stream;

import java.util.Arrays;
import org.reactivestreams.Publisher;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** A body that is sent piece by piece, with its headers sent before the first piece is there. */
public final class StreamedAnswer {
    private StreamedAnswer() {}

    /** Sends the headers now, then every piece as it comes, at the pace of the client. */
    public static Mono<Void> write(ServerWebExchange exchange, MediaType type, Publisher<byte[]> pieces) {
        ServerHttpResponse response = exchange.getResponse();
        var factory = response.bufferFactory();
        response.getHeaders().setContentType(type);
        // Headers are written with the first buffer: an empty one pushes them out.
        return response.writeAndFlushWith(Flux.concat(
                Flux.just(Mono.just(factory.wrap(new byte[0]))),
                Flux.from(pieces).map(piece -> Mono.just(factory.wrap(piece)))));
    }

    /** Sends headers and body when the body is there; an error before it becomes the answer. */
    public static Mono<Void> writeLate(ServerWebExchange exchange, MediaType type, Mono<byte[]> body) {
        return body.flatMap(bytes -> {
            ServerHttpResponse response = exchange.getResponse();
            response.getHeaders().setContentType(type);
            response.getHeaders().setContentLength(bytes.length);
            return response.writeWith(Mono.just(response.bufferFactory().wrap(bytes)));
        });
    }

    /** {@code value} as one line of JSON. */
    public static byte[] jsonLine(JsonMapper json, Object value) {
        byte[] body = json.writeValueAsBytes(value);
        byte[] line = Arrays.copyOf(body, body.length + 1);
        line[body.length] = '\n';
        return line;
    }
}
