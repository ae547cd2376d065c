package dev.picket.api.nativeapi;

import dev.picket.api.stream.BlockingCalls;
import dev.picket.service.system.Service;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** The platforms of this host, as the service found them when it began. */
@RestController
@RequestMapping("/picket/v1")
public class PlatformController {
    private final Service service;
    private final BlockingCalls blocking;

    public PlatformController(Service service, BlockingCalls blocking) {
        this.service = service;
        this.blocking = blocking;
    }

    @GetMapping("/platforms")
    public Mono<List<PlatformAnswer>> list() {
        return blocking.call(() -> {
            var information = service.system().information();
            return information.platforms().stream()
                    .map(platform -> PlatformAnswer.of(platform, information))
                    .toList();
        });
    }
}
