package dev.picket.api.container;

import dev.picket.api.parameter.Parameters;
import dev.picket.api.stream.BlockingCalls;
import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerService;
import dev.picket.service.failure.Failure;
import dev.picket.service.system.Service;
import java.util.ArrayList;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Docker's container endpoints that answer at once. */
@RestController
public class ContainerController {
    private final ContainerService containers;
    private final BlockingCalls blocking;
    private final JsonMapper json;

    public ContainerController(Service service, BlockingCalls blocking, JsonMapper json) {
        this.containers = service.containers();
        this.blocking = blocking;
        this.json = json;
    }

    @GetMapping("/containers/json")
    public Mono<List<ContainerSummary>> list(
            @RequestParam(required = false) String all,
            @RequestParam(required = false) String limit,
            @RequestParam(required = false) String filters) {
        int bound = Parameters.integerOr("limit", limit, 0);
        var wanted = Parameters.filters(filters);
        return blocking.call(() -> containers.list(wanted, Parameters.flag(all), bound).stream()
                .map(ContainerSummary::of)
                .toList());
    }

    @PostMapping("/containers/create")
    @ResponseStatus(HttpStatus.CREATED)
    public Mono<CreateAnswer> create(
            @RequestParam(required = false) String name,
            @RequestParam(required = false) String platform,
            @RequestBody CreateRequest request) {
        if (platform != null && !platform.isEmpty() && !platform.matches("linux(/(amd64|x86_64))?")) {
            return Mono.error(
                    new Failure.BadParameter("the platform " + platform + " is not supported: only linux/amd64"));
        }
        return blocking.call(() -> {
            List<String> warnings = new ArrayList<>();
            var created = containers.create(
                    request.toService(json.writeValueAsString(request), warnings),
                    name == null || name.isEmpty() ? null : name);
            warnings.addAll(created.warnings());
            return new CreateAnswer(created.id(), warnings);
        });
    }

    @GetMapping("/containers/{id}/json")
    public Mono<ContainerDetails> inspect(@PathVariable String id) {
        return blocking.call(() -> {
            var container = containers.inspect(id);
            return ContainerDetails.of(container, request(container));
        });
    }

    private CreateRequest request(Container container) {
        String text = container.settings().request();
        if (text == null) {
            return null;
        }
        try {
            return json.readValue(text, CreateRequest.class);
        } catch (JacksonException e) {
            throw new Failure.Internal("the record of container " + container.id() + " is damaged", e);
        }
    }

    @PostMapping("/containers/{id}/start")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> start(@PathVariable String id) {
        return blocking.await(() -> containers.start(id));
    }

    /** @param t seconds to wait before it is killed; negative: for ever */
    @PostMapping("/containers/{id}/stop")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> stop(
            @PathVariable String id,
            @RequestParam(required = false) String signal,
            @RequestParam(required = false) String t) {
        Integer seconds = Parameters.integer("t", t);
        return blocking.await(() -> containers.stop(id, signal, seconds));
    }

    /** @param t seconds to wait before it is killed; negative: for ever */
    @PostMapping("/containers/{id}/restart")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> restart(
            @PathVariable String id,
            @RequestParam(required = false) String signal,
            @RequestParam(required = false) String t) {
        Integer seconds = Parameters.integer("t", t);
        return blocking.await(() -> containers.restart(id, signal, seconds));
    }

    @PostMapping("/containers/{id}/kill")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> kill(@PathVariable String id, @RequestParam(required = false) String signal) {
        return blocking.await(() -> containers.kill(id, signal == null || signal.isEmpty() ? null : signal));
    }

    @PostMapping("/containers/{id}/pause")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> pause(@PathVariable String id) {
        return blocking.run(() -> containers.pause(id));
    }

    @PostMapping("/containers/{id}/unpause")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> unpause(@PathVariable String id) {
        return blocking.run(() -> containers.unpause(id));
    }

    @PostMapping("/containers/{id}/rename")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> rename(@PathVariable String id, @RequestParam String name) {
        return blocking.run(() -> containers.rename(id, name));
    }

    /** @param h rows; @param w columns */
    @PostMapping("/containers/{id}/resize")
    public Mono<Void> resize(
            @PathVariable String id,
            @RequestParam(required = false) String h,
            @RequestParam(required = false) String w) {
        int rows = Parameters.integerOr("h", h, 0);
        int columns = Parameters.integerOr("w", w, 0);
        return blocking.run(() -> containers.resize(id, rows, columns));
    }

    @GetMapping("/containers/{id}/top")
    public Mono<TopAnswer> top(@PathVariable String id) {
        return blocking.call(() -> {
            var table = containers.top(id);
            return new TopAnswer(table.titles(), table.processes());
        });
    }

    @DeleteMapping("/containers/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public Mono<Void> remove(
            @PathVariable String id,
            @RequestParam(required = false) String force,
            @RequestParam(required = false) String v,
            @RequestParam(required = false) String link) {
        if (Parameters.flag(link)) {
            return Mono.error(new Failure.BadParameter("not supported: links to other containers"));
        }
        return blocking.await(() -> containers.remove(id, Parameters.flag(force), Parameters.flag(v)));
    }

    @PostMapping("/containers/prune")
    public Mono<PruneAnswer> prune(@RequestParam(required = false) String filters) {
        var wanted = Parameters.filters(filters);
        return blocking.call(() -> new PruneAnswer(containers.prune(wanted), 0));
    }
}
