package dev.picket.api.version;

import dev.picket.service.system.Service;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Puts the headers that Docker's clients expect on every answer, and takes the version off the path: {@code
 * /v1.47/info} becomes {@code /info}.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 10)
public final class VersionFilter implements WebFilter {
    // As moby: anything made of digits and dots is a version, also one that nobody ever spoke.
    private static final Pattern VERSIONED = Pattern.compile("/v([0-9.]+)(/.*)");

    /** Asked for only when there is a request: the service is still opened while this is made. */
    private final ObjectProvider<Service> service;

    public VersionFilter(ObjectProvider<Service> service) {
        this.service = service;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        HttpHeaders headers = exchange.getResponse().getHeaders();
        headers.set(HttpHeaders.SERVER, "Picket/" + service.getObject().system().version() + " (linux)");
        headers.set("Api-Version", ApiVersion.MAXIMUM.toString());
        headers.set("Ostype", "linux");
        headers.set("Docker-Experimental", "false");

        String path = exchange.getRequest().getURI().getRawPath();
        Matcher matcher = VERSIONED.matcher(path);
        if (!matcher.matches()) {
            return chain.filter(exchange);
        }
        ApiVersion version = ApiVersion.parse(matcher.group(1));
        String refusal = refusal(version, matcher.group(1));
        if (refusal != null) {
            return Mono.error(new ResponseStatusException(HttpStatus.BAD_REQUEST, refusal));
        }
        version.attachTo(exchange);
        var request = exchange.getRequest().mutate().path(matcher.group(2)).build();
        return chain.filter(exchange.mutate().request(request).build());
    }

    /** Why we do not speak a version, in Docker's words; null if we do. */
    static String refusal(ApiVersion version, String text) {
        if (version == null) {
            return "invalid version format: " + text;
        }
        if (version.compareTo(ApiVersion.MAXIMUM) > 0) {
            return "client version " + text + " is too new. Maximum supported API version is " + ApiVersion.MAXIMUM;
        }
        if (version.compareTo(ApiVersion.MINIMUM) < 0) {
            return "client version " + text + " is too old. Minimum supported API version is " + ApiVersion.MINIMUM
                    + ", please upgrade your client to a newer version";
        }
        return null;
    }
}
