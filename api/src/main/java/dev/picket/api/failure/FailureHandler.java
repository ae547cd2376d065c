package dev.picket.api.failure;

import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Writes the answer of {@link FailureMapping} for every request that ended with an error. */
@Component
@Order(-10)
public final class FailureHandler implements WebExceptionHandler {
    private static final Logger logger = LoggerFactory.getLogger(FailureHandler.class);

    private final JsonMapper json;

    public FailureHandler(JsonMapper json) {
        this.json = json;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        var answer = FailureMapping.answer(error);
        if (answer.status() == HttpStatus.INTERNAL_SERVER_ERROR) {
            logger.error(
                    "{} {}",
                    exchange.getRequest().getMethod(),
                    exchange.getRequest().getURI().getPath(),
                    error);
        }
        if (exchange.getResponse().isCommitted()) {
            // The answer is on its way: all that is left is to cut it off, so that the client sees that it is not
            // whole.
            return Mono.error(error);
        }
        return write(exchange, answer);
    }

    /** Writes {@code answer} as the whole response. */
    public Mono<Void> write(ServerWebExchange exchange, FailureMapping.Answer answer) {
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(answer.status());
        if (answer.status() == HttpStatus.NOT_MODIFIED || exchange.getRequest().getMethod() == HttpMethod.HEAD) {
            return response.setComplete();
        }
        byte[] body =
                (json.writeValueAsString(new ErrorMessage(answer.message())) + "\n").getBytes(StandardCharsets.UTF_8);
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        response.getHeaders().setContentLength(body.length);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
