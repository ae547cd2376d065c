package dev.picket.api.security;

import dev.picket.api.failure.FailureHandler;
import dev.picket.api.failure.FailureMapping;
import java.io.IOException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.ReactiveAuthenticationManager;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.SecurityWebFiltersOrder;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.authentication.AuthenticationWebFilter;
import org.springframework.security.web.server.context.NoOpServerSecurityContextRepository;
import org.springframework.security.web.server.firewall.ServerExchangeRejectedHandler;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import org.springframework.security.web.server.firewall.StrictServerWebExchangeFirewall;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Puts {@link LocalAccess} on Spring Security's filter chain: no sessions, no forms, no cookies. */
@Configuration(proxyBeanMethods = false)
@EnableWebFluxSecurity
public class SecurityConfiguration {
    @Bean
    LocalAccess localAccess() throws IOException {
        return LocalAccess.ofThisProcess();
    }

    @Bean
    SecurityWebFilterChain securityWebFilterChain(
            ServerHttpSecurity security, LocalAccess access, FailureHandler failures) {
        // The converter has refused already whom it does not know; there is nothing left to verify.
        ReactiveAuthenticationManager manager = Mono::just;
        var authentication = new AuthenticationWebFilter(manager);
        authentication.setServerAuthenticationConverter(exchange -> Mono.defer(() -> {
            Peer peer = Peer.of(exchange.getRequest());
            var refusal = access.refusal(peer, exchange.getRequest().getHeaders());
            return refusal.isPresent()
                    ? Mono.error(new BadCredentialsException(refusal.get()))
                    : Mono.just(new PeerAuthentication(peer));
        }));
        authentication.setAuthenticationFailureHandler(
                (filterExchange, error) -> refuse(failures, filterExchange.getExchange(), error));
        authentication.setSecurityContextRepository(NoOpServerSecurityContextRepository.getInstance());

        return security.securityContextRepository(NoOpServerSecurityContextRepository.getInstance())
                // A forged request of a browser is refused by its Origin and Host; other clients have no ambient
                // rights.
                .csrf(ServerHttpSecurity.CsrfSpec::disable)
                .httpBasic(ServerHttpSecurity.HttpBasicSpec::disable)
                .formLogin(ServerHttpSecurity.FormLoginSpec::disable)
                .logout(ServerHttpSecurity.LogoutSpec::disable)
                .requestCache(ServerHttpSecurity.RequestCacheSpec::disable)
                .addFilterAt(authentication, SecurityWebFiltersOrder.AUTHENTICATION)
                .authorizeExchange(exchanges -> exchanges.anyExchange().authenticated())
                .exceptionHandling(handling ->
                        handling.authenticationEntryPoint((exchange, error) -> refuse(failures, exchange, error)))
                .build();
    }

    private static Mono<Void> refuse(
            FailureHandler failures, ServerWebExchange exchange, AuthenticationException error) {
        return failures.write(exchange, new FailureMapping.Answer(HttpStatus.FORBIDDEN, error.getMessage()));
    }

    /** Some clients send the slashes of image names as %2F. */
    @Bean
    ServerWebExchangeFirewall exchangeFirewall() {
        var firewall = new StrictServerWebExchangeFirewall();
        firewall.setAllowUrlEncodedSlash(true);
        return firewall;
    }

    @Bean
    ServerExchangeRejectedHandler exchangeRejectedHandler(FailureHandler failures) {
        return (exchange, error) ->
                failures.write(exchange, new FailureMapping.Answer(HttpStatus.BAD_REQUEST, error.getMessage()));
    }
}
