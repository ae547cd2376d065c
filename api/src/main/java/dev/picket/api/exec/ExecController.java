package dev.picket.api.exec;

import dev.picket.api.parameter.Parameters;
import dev.picket.api.stream.BlockingCalls;
import dev.picket.api.stream.Hijack;
import dev.picket.api.stream.StreamFraming;
import dev.picket.service.exec.ExecService;
import dev.picket.service.failure.Failure;
import dev.picket.service.system.Service;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Docker's exec endpoints. */
@RestController
public class ExecController {
    private final ExecService execs;
    private final BlockingCalls blocking;

    public ExecController(Service service, BlockingCalls blocking) {
        this.execs = service.execs();
        this.blocking = blocking;
    }

    @PostMapping("/containers/{id}/exec")
    @ResponseStatus(HttpStatus.CREATED)
    public Mono<ExecCreated> create(@PathVariable String id, @RequestBody ExecCreateRequest request) {
        return blocking.call(() -> new ExecCreated(execs.create(id, request.toService())));
    }

    /** Starts it. Unless it is detached the connection stops being HTTP, and a failure is told inside the stream. */
    @PostMapping("/exec/{id}/start")
    public Mono<Void> start(
            @PathVariable String id, @RequestBody(required = false) ExecStartRequest body, ServerWebExchange exchange) {
        var request = body == null ? new ExecStartRequest(false, false, null) : body;
        boolean terminal = Boolean.TRUE.equals(request.tty());
        if (Boolean.TRUE.equals(request.detach())) {
            return blocking.await(() -> execs.startDetached(id, terminal));
        }
        return blocking.run(() -> checkStartable(id))
                .then(Mono.defer(() -> Hijack.connectAfterHeaders(
                        exchange,
                        StreamFraming.of(terminal),
                        () -> blocking.await(() -> execs.startAttached(
                                id,
                                terminal,
                                ConsoleSize.rows(request.consoleSize()),
                                ConsoleSize.columns(request.consoleSize()))))));
    }

    /** What can be told by a status must be told before the connection is hijacked. */
    private void checkStartable(String id) {
        var exec = execs.inspect(id);
        if (exec.running()) {
            throw new Failure.Conflict("exec command " + id + " is already running");
        }
        if (exec.exitCode() != null) {
            throw new Failure.Conflict("exec command " + id + " has already run");
        }
    }

    @GetMapping("/exec/{id}/json")
    public Mono<ExecDetails> inspect(@PathVariable String id) {
        return blocking.call(() -> ExecDetails.of(execs.inspect(id)));
    }

    /** @param h rows; @param w columns */
    @PostMapping("/exec/{id}/resize")
    public Mono<Void> resize(
            @PathVariable String id,
            @RequestParam(required = false) String h,
            @RequestParam(required = false) String w) {
        int rows = Parameters.integerOr("h", h, 0);
        int columns = Parameters.integerOr("w", w, 0);
        return blocking.run(() -> execs.resize(id, rows, columns));
    }
}
