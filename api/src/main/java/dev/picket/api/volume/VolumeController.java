package dev.picket.api.volume;

import dev.picket.service.failure.Failure;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Docker's volume endpoints. */
@RestController
public class VolumeController {
    /** Answer of a list. */
    public record VolumeList(List<Object> volumes, List<String> warnings) {}

    @GetMapping("/volumes")
    public VolumeList list() {
        return new VolumeList(List.of(), List.of());
    }

    @GetMapping("/volumes/{name}")
    public Mono<Void> inspect(@PathVariable String name) {
        return Mono.error(new Failure.NotFound("get " + name + ": no such volume"));
    }

    @PostMapping("/volumes/create")
    public Mono<Void> create() {
        return Mono.error(new Failure.NotImplemented("creating volumes is not supported yet"));
    }

    @DeleteMapping("/volumes/{name}")
    public Mono<Void> remove(@PathVariable String name) {
        return inspect(name);
    }

    @PostMapping("/volumes/prune")
    public Map<String, Object> prune() {
        return Map.of("VolumesDeleted", List.of(), "SpaceReclaimed", 0);
    }
}
