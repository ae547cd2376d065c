package dev.picket.api.system;

import dev.picket.api.parameter.Parameters;
import dev.picket.api.stream.BlockingCalls;
import dev.picket.api.stream.StreamedAnswer;
import dev.picket.service.failure.Failure;
import dev.picket.service.system.Service;
import java.time.Duration;
import java.time.Instant;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Docker's system endpoints. */
@RestController
public class SystemController {
    private static final MediaType TEXT = MediaType.parseMediaType("text/plain;charset=utf-8");

    private final Service service;
    private final BlockingCalls blocking;
    private final JsonMapper json;

    public SystemController(Service service, BlockingCalls blocking, JsonMapper json) {
        this.service = service;
        this.blocking = blocking;
        this.json = json;
    }

    /** Whether anybody is there. HEAD is answered like GET, without the body. */
    @GetMapping("/_ping")
    public ResponseEntity<String> ping() {
        return ResponseEntity.ok()
                .header("Cache-Control", "no-cache, no-store, must-revalidate")
                .header("Pragma", "no-cache")
                .header("Builder-Version", "1")
                .header("Swarm", "inactive")
                .contentType(TEXT)
                .body("OK");
    }

    @GetMapping("/version")
    public Mono<VersionAnswer> version() {
        return blocking.call(() -> VersionAnswer.of(service.system()));
    }

    @GetMapping("/info")
    public Mono<InformationAnswer> information() {
        return blocking.call(() -> InformationAnswer.of(
                service.system().information(), service.system().version()));
    }

    /** What happened and happens, one JSON object a line. An {@code until} in the past ends the stream. */
    @GetMapping("/events")
    public Mono<Void> events(
            @RequestParam(required = false) String since,
            @RequestParam(required = false) String until,
            @RequestParam(required = false) String filters,
            ServerWebExchange exchange) {
        Instant from = Parameters.time("since", since);
        Instant to = Parameters.time("until", until);
        var filter = new EventFilter(Parameters.filters(filters));

        var events = to != null && !to.isAfter(Instant.now())
                ? Flux.fromIterable(service.events().past(from, to))
                : JdkFlowAdapter.flowPublisherToFlux(service.events().watch(from));
        if (to != null && to.isAfter(Instant.now())) {
            events = events.take(Duration.between(Instant.now(), to));
        }
        var lines = events.filter(filter::matches).map(event -> StreamedAnswer.jsonLine(json, EventAnswer.of(event)));
        return StreamedAnswer.write(exchange, MediaType.APPLICATION_JSON, lines);
    }

    @GetMapping("/system/df")
    public Mono<DiskUsageAnswer> diskUsage() {
        return blocking.call(() -> DiskUsageAnswer.of(service));
    }

    /** There is no registry client yet, so there is nothing to log in to. */
    @PostMapping("/auth")
    public Mono<Void> authenticate() {
        return Mono.error(new Failure.NotImplemented("logging in to a registry is not supported yet"));
    }
}
