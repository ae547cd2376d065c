package dev.picket.api.system;

import dev.picket.service.failure.Failure;
import io.swagger.v3.oas.annotations.Hidden;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** What Docker has and Picket does not: a clear refusal instead of "page not found". */
@RestController
@Hidden
public class UnsupportedController {
    /** Clients ask these to find out whether there is a swarm. */
    @RequestMapping(
            path = {
                "/swarm",
                "/swarm/**",
                "/nodes",
                "/nodes/**",
                "/services",
                "/services/**",
                "/tasks",
                "/tasks/**",
                "/secrets",
                "/secrets/**",
                "/configs",
                "/configs/**"
            },
            method = {RequestMethod.GET, RequestMethod.POST, RequestMethod.DELETE})
    public Mono<Void> swarm() {
        return Mono.error(new ResponseStatusException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node"
                        + " to swarm and try again."));
    }

    @RequestMapping(
            path = {
                "/containers/{id}/archive",
                "/containers/{id}/export",
                "/containers/{id}/changes",
                "/containers/{id}/update",
                "/containers/{id}/attach/ws",
                "/containers/{id}/checkpoints",
                "/commit",
                "/build",
                "/build/prune",
                "/session",
                "/grpc",
                "/distribution/{name}/json",
                "/images/{name}/attestations"
            },
            method = {RequestMethod.GET, RequestMethod.HEAD, RequestMethod.POST, RequestMethod.PUT})
    public Mono<Void> unsupported(ServerWebExchange exchange) {
        return Mono.error(
                new Failure.NotImplemented(exchange.getRequest().getURI().getPath() + " is not supported yet"));
    }
}
