package dev.picket.api.network;

import dev.picket.api.parameter.Parameters;
import dev.picket.service.failure.Failure;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Docker's network endpoints, as far as clients need them to run containers. */
@RestController
public class NetworkController {
    @GetMapping("/networks")
    public List<NetworkDetails> list(@RequestParam(required = false) String filters) {
        Map<String, List<String>> wanted = Parameters.filters(filters);
        return NetworkDetails.PREDEFINED.stream()
                .filter(network -> matches(wanted, "name", network.name())
                        && matches(wanted, "id", network.id())
                        && exactly(wanted, "driver", network.driver())
                        && exactly(wanted, "scope", network.scope())
                        && exactly(wanted, "type", "builtin")
                        && wanted.getOrDefault("label", List.of()).isEmpty())
                .toList();
    }

    private static boolean matches(Map<String, List<String>> filters, String name, String value) {
        var wanted = filters.getOrDefault(name, List.of());
        return wanted.isEmpty() || wanted.stream().anyMatch(value::contains);
    }

    private static boolean exactly(Map<String, List<String>> filters, String name, String value) {
        var wanted = filters.getOrDefault(name, List.of());
        return wanted.isEmpty() || wanted.contains(value);
    }

    @GetMapping("/networks/{name}")
    public NetworkDetails inspect(@PathVariable String name) {
        return NetworkDetails.PREDEFINED.stream()
                .filter(network -> network.name().equals(name) || network.id().startsWith(name))
                .findFirst()
                .orElseThrow(() -> new Failure.NotFound("network " + name + " not found"));
    }

    @PostMapping("/networks/create")
    public Mono<Void> create() {
        return Mono.error(new Failure.NotImplemented("creating networks is not supported yet"));
    }

    @PostMapping("/networks/{name}/connect")
    public Mono<Void> connect(@PathVariable String name) {
        return Mono.error(new Failure.NotImplemented("connecting containers to networks is not supported yet"));
    }

    @PostMapping("/networks/{name}/disconnect")
    public Mono<Void> disconnect(@PathVariable String name) {
        return connect(name);
    }

    @DeleteMapping("/networks/{name}")
    public Mono<Void> remove(@PathVariable String name) {
        var network = inspect(name);
        return Mono.error(new Failure.Forbidden(network.name() + " is a pre-defined network and cannot be removed"));
    }

    @PostMapping("/networks/prune")
    public Map<String, Object> prune() {
        return Map.of("NetworksDeleted", List.of());
    }
}
