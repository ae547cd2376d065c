package dev.picket.api.container;

import dev.picket.api.failure.FailureMapping;
import dev.picket.api.parameter.Parameters;
import dev.picket.api.stream.BlockingCalls;
import dev.picket.api.stream.Hijack;
import dev.picket.api.stream.StreamContentType;
import dev.picket.api.stream.StreamFraming;
import dev.picket.api.stream.StreamedAnswer;
import dev.picket.api.version.ApiVersion;
import dev.picket.service.container.AttachRequest;
import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerService;
import dev.picket.service.container.LogQuery;
import dev.picket.service.container.Statistics;
import dev.picket.service.container.WaitCondition;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.OutputFrame;
import dev.picket.service.system.Service;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Docker's container endpoints that stream or wait. */
@RestController
public class ContainerStreamController {
    private static final Duration SAMPLE_INTERVAL = Duration.ofSeconds(1);

    private final ContainerService containers;
    private final BlockingCalls blocking;
    private final JsonMapper json;

    public ContainerStreamController(Service service, BlockingCalls blocking, JsonMapper json) {
        this.containers = service.containers();
        this.blocking = blocking;
        this.json = json;
    }

    /** Connects to the container's streams: the connection stops being HTTP. */
    @PostMapping("/containers/{id}/attach")
    public Mono<Void> attach(
            @PathVariable String id,
            @RequestParam(required = false) String stream,
            @RequestParam(required = false) String logs,
            @RequestParam(required = false) String stdin,
            @RequestParam(required = false) String stdout,
            @RequestParam(required = false) String stderr,
            ServerWebExchange exchange) {
        var request = new AttachRequest(
                Parameters.flag(stream),
                Parameters.flag(logs),
                Parameters.flag(stdin),
                Parameters.flag(stdout),
                Parameters.flag(stderr));
        // The codec must have seen the request's end before it is taken out.
        return exchange.getRequest()
                .getBody()
                .then(blocking.call(() -> containers.attach(id, request)))
                .flatMap(attachment -> Hijack.connect(exchange, attachment));
    }

    /** The log: what was written so far, and with follow what will be. */
    @GetMapping("/containers/{id}/logs")
    public Mono<Void> logs(
            @PathVariable String id,
            @RequestParam(required = false) String follow,
            @RequestParam(required = false) String stdout,
            @RequestParam(required = false) String stderr,
            @RequestParam(required = false) String since,
            @RequestParam(required = false) String until,
            @RequestParam(required = false) String timestamps,
            @RequestParam(required = false) String tail,
            ServerWebExchange exchange) {
        if (!Parameters.flag(stdout) && !Parameters.flag(stderr)) {
            return Mono.error(new Failure.BadParameter("Bad parameters: you must choose at least one stream"));
        }
        var query = new LogQuery(
                Parameters.flag(follow),
                Parameters.flag(stdout),
                Parameters.flag(stderr),
                Parameters.time("since", since),
                Parameters.time("until", until),
                Parameters.flag(timestamps),
                lines(tail));
        return blocking.call(() -> {
                    Container container = containers.inspect(id);
                    return new Log(
                            StreamFraming.of(container.settings().terminal()),
                            JdkFlowAdapter.flowPublisherToFlux(containers.logs(container.id(), query)));
                })
                .flatMap(log -> StreamedAnswer.write(
                        exchange,
                        StreamContentType.of(ApiVersion.of(exchange), log.framing()),
                        log.frames().map(log.framing()::encodeBytes)));
    }

    private record Log(StreamFraming framing, Flux<OutputFrame> frames) {}

    private static long lines(String tail) {
        // As Docker: what is not a number means everything.
        return tail != null && tail.matches("[0-9]{1,18}") ? Long.parseLong(tail) : -1;
    }

    /** Waits for the container's end. Since 1.30 the headers come at once, so that a client knows that it is waited for. */
    @PostMapping("/containers/{id}/wait")
    public Mono<Void> waitFor(
            @PathVariable String id, @RequestParam(required = false) String condition, ServerWebExchange exchange) {
        boolean flush = ApiVersion.of(exchange).flushesWaitHeaders();
        var wanted = WaitCondition.named(flush ? condition : null);
        return blocking.call(() -> containers.waitFor(id, wanted)).flatMap(exit -> {
            var future = exit.toCompletableFuture();
            var answer = Mono.fromFuture(future).map(WaitAnswer::of);
            if (!flush || future.isCompletedExceptionally()) {
                return StreamedAnswer.writeLate(exchange, MediaType.APPLICATION_JSON, answer.map(this::line));
            }
            // What fails now can only be told in the body.
            var body = answer.onErrorResume(error -> Mono.just(new WaitAnswer(
                    125, new WaitAnswer.Error(FailureMapping.answer(error).message()))));
            return StreamedAnswer.write(exchange, MediaType.APPLICATION_JSON, body.map(this::line));
        });
    }

    /** What the container uses: one sample a second, or with {@code stream=false} one that says how it changed. */
    @GetMapping("/containers/{id}/stats")
    public Mono<Void> statistics(
            @PathVariable String id,
            @RequestParam(required = false) String stream,
            @RequestParam(name = "one-shot", required = false) String oneShot,
            ServerWebExchange exchange) {
        boolean endless = Parameters.flagOr(stream, true);
        boolean single = !endless && Parameters.flag(oneShot);
        return blocking.call(() -> containers.inspect(id)).flatMap(container -> {
            Flux<Optional<Statistics>> samples = Flux.interval(Duration.ZERO, SAMPLE_INTERVAL)
                    .onBackpressureDrop()
                    .concatMap(
                            tick -> blocking.call(() -> Optional.ofNullable(containers.statistics(container.id()))), 1);
            Flux<byte[]> lines;
            if (single) {
                lines = samples.take(1).map(sample -> sampleLine(container, Optional.empty(), sample));
            } else {
                lines = samples.buffer(2, 1)
                        .filter(pair -> pair.size() == 2)
                        .map(pair -> sampleLine(container, pair.get(0), pair.get(1)));
                // Without waiting for a second sample, if there is nothing to compare.
                lines = endless ? lines : container.state().isRunning() ? lines.take(1) : Flux.just(line(Map.of()));
            }
            return StreamedAnswer.write(exchange, MediaType.APPLICATION_JSON, lines);
        });
    }

    private byte[] sampleLine(Container container, Optional<Statistics> previous, Optional<Statistics> sample) {
        return sample.isEmpty()
                ? line(Map.of())
                : line(StatisticsAnswer.of(container.id(), container.name(), previous.orElse(null), sample.get()));
    }

    private byte[] line(Object value) {
        return StreamedAnswer.jsonLine(json, value);
    }
}
