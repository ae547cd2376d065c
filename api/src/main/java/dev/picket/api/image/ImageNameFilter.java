package dev.picket.api.image;

import java.util.Set;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Makes one path segment of an image's name: {@code /images/library/busybox/json} becomes {@code
 * /images/library%2Fbusybox/json}. Spring's patterns cannot hold a variable of several segments before a fixed one.
 */
@Component
@Order(Ordered.LOWEST_PRECEDENCE)
public final class ImageNameFilter implements WebFilter {
    private static final String IMAGES = "/images/";
    private static final String DISTRIBUTION = "/distribution/";
    private static final Set<String> GET_ACTIONS = Set.of("json", "history", "get", "attestations");
    private static final Set<String> POST_ACTIONS = Set.of("push", "tag");

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String path = exchange.getRequest().getURI().getRawPath();
        String rewritten = rewrite(exchange.getRequest().getMethod(), path);
        if (rewritten.equals(path)) {
            return chain.filter(exchange);
        }
        var request = exchange.getRequest().mutate().path(rewritten).build();
        return chain.filter(exchange.mutate().request(request).build());
    }

    static String rewrite(HttpMethod method, String path) {
        String prefix = path.startsWith(IMAGES) ? IMAGES : path.startsWith(DISTRIBUTION) ? DISTRIBUTION : null;
        if (prefix == null) {
            return path;
        }
        String rest = path.substring(prefix.length());
        int last = rest.lastIndexOf('/');
        if (method == HttpMethod.DELETE) {
            return prefix + rest.replace("/", "%2F");
        }
        Set<String> actions = method == HttpMethod.POST ? POST_ACTIONS : GET_ACTIONS;
        if (last <= 0 || !actions.contains(rest.substring(last + 1))) {
            return path;
        }
        return prefix + rest.substring(0, last).replace("/", "%2F") + rest.substring(last);
    }
}
