package dev.picket.api.image;

import dev.picket.api.parameter.Parameters;
import dev.picket.api.stream.BlockingCalls;
import dev.picket.service.failure.Failure;
import dev.picket.service.image.Image;
import dev.picket.service.image.ImageDeletion;
import dev.picket.service.image.ImageService;
import dev.picket.service.system.Service;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Docker's image endpoints. */
@RestController
public class ImageController {
    /** Buffers of an upload that wait for the thread that reads them. */
    private static final int UPLOAD_BUFFERS = 8;

    private static final int DOWNLOAD_CHUNK_BYTES = 64 * 1024;

    private final ImageService images;
    private final BlockingCalls blocking;
    private final JsonMapper json;

    public ImageController(Service service, BlockingCalls blocking, JsonMapper json) {
        this.images = service.images();
        this.blocking = blocking;
        this.json = json;
    }

    @GetMapping("/images/json")
    public Mono<List<ImageSummary>> list(
            @RequestParam(required = false) String filters, @RequestParam(required = false) String filter) {
        var wanted = Parameters.filters(filters);
        if (filter != null && !filter.isEmpty()) {
            // Before 1.29 the reference had a parameter of its own.
            wanted.put("reference", List.of(filter));
        }
        return blocking.call(() -> images.list(wanted).stream()
                .map(image -> ImageSummary.of(image, -1))
                .toList());
    }

    @GetMapping("/images/{name}/json")
    public Mono<ImageDetails> inspect(@PathVariable String name) {
        return blocking.call(() -> ImageDetails.of(images.inspect(name)));
    }

    @GetMapping("/images/{name}/history")
    public Mono<List<ImageHistory>> history(@PathVariable String name) {
        return blocking.call(() -> ImageHistory.of(images.inspect(name)));
    }

    /** Imports a root file system (fromSrc=-), or, once there is a registry client, pulls. */
    @PostMapping("/images/create")
    public Mono<Void> create(
            @RequestParam(required = false) String fromImage,
            @RequestParam(required = false) String fromSrc,
            @RequestParam(required = false) String repo,
            @RequestParam(required = false) String tag,
            @RequestParam(required = false) String message,
            ServerWebExchange exchange) {
        if (fromImage != null && !fromImage.isEmpty()) {
            String reference = tag == null || tag.isEmpty() || fromImage.contains("@")
                    ? fromImage
                    : fromImage + (tag.startsWith("sha256:") ? "@" : ":") + tag;
            return Mono.error(new Failure.NotImplemented("cannot pull " + reference
                    + ": pulling from a registry is not supported yet; use docker import or docker load"));
        }
        if (!"-".equals(fromSrc)) {
            return Mono.error(new Failure.BadParameter(
                    fromSrc == null || fromSrc.isEmpty()
                            ? "one of fromImage and fromSrc must be given"
                            : "only fromSrc=- is supported: send the archive as the request's body"));
        }
        String reference =
                repo == null || repo.isEmpty() ? null : tag == null || tag.isEmpty() ? repo : repo + ":" + tag;
        // Not as a parameter of this method: Spring would split a single value at its commas.
        List<String> changes = exchange.getRequest().getQueryParams().getOrDefault("changes", List.of());
        return answer(
                exchange,
                upload(
                        exchange,
                        archive ->
                                List.of(Progress.status(images.importArchive(archive, reference, changes, message)))));
    }

    /** Loads what {@code docker save} wrote. */
    @PostMapping("/images/load")
    public Mono<Void> load(@RequestParam(required = false) String quiet, ServerWebExchange exchange) {
        return answer(exchange, upload(exchange, archive -> images.load(archive).stream()
                .map(line -> Progress.stream(line + "\n"))
                .toList()));
    }

    private interface Upload {
        List<Progress> read(InputStream archive) throws Exception;
    }

    /** Reads the request's body on a thread that may block, at its pace. */
    private Mono<List<Progress>> upload(ServerWebExchange exchange, Upload upload) {
        return blocking.transfer(() -> {
            try (InputStream archive =
                    DataBufferUtils.subscriberInputStream(exchange.getRequest().getBody(), UPLOAD_BUFFERS)) {
                return upload.read(archive);
            }
        });
    }

    private Mono<Void> answer(ServerWebExchange exchange, Mono<List<Progress>> lines) {
        return lines.flatMap(progress -> {
            var body = new ByteArrayOutputStream();
            for (Progress line : progress) {
                body.writeBytes(json.writeValueAsBytes(line));
                body.writeBytes(new byte[] {'\r', '\n'});
            }
            var response = exchange.getResponse();
            response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
            return response.writeWith(Mono.just(response.bufferFactory().wrap(body.toByteArray())));
        });
    }

    /** Several images as one archive. */
    @GetMapping("/images/get")
    public Mono<Void> save(@RequestParam List<String> names, ServerWebExchange exchange) {
        return download(names, exchange);
    }

    /** One image as an archive. */
    @GetMapping("/images/{name}/get")
    public Mono<Void> saveOne(@PathVariable String name, ServerWebExchange exchange) {
        return download(List.of(name), exchange);
    }

    private Mono<Void> download(List<String> names, ServerWebExchange exchange) {
        var response = exchange.getResponse();
        // An unknown name must be an error, not a broken archive.
        return blocking.run(() -> names.forEach(images::inspect)).then(Mono.defer(() -> {
            response.getHeaders().setContentType(MediaType.parseMediaType("application/x-tar"));
            Flux<DataBuffer> archive = Flux.from(DataBufferUtils.outputStreamPublisher(
                    output -> images.save(names, output),
                    response.bufferFactory(),
                    task -> blocking.transferScheduler().schedule(task),
                    DOWNLOAD_CHUNK_BYTES));
            return response.writeWith(archive);
        }));
    }

    @PostMapping("/images/{name}/tag")
    @ResponseStatus(HttpStatus.CREATED)
    public Mono<Void> tag(
            @PathVariable String name, @RequestParam String repo, @RequestParam(required = false) String tag) {
        return blocking.run(() -> images.tag(name, tag == null || tag.isEmpty() ? repo : repo + ":" + tag));
    }

    @PostMapping("/images/{name}/push")
    public Mono<Void> push(@PathVariable String name) {
        return Mono.error(new Failure.NotImplemented("pushing to a registry is not supported yet"));
    }

    @GetMapping("/images/search")
    public Mono<Void> search(@RequestParam(required = false) String term) {
        return Mono.error(new Failure.NotImplemented("searching a registry is not supported yet"));
    }

    @DeleteMapping("/images/{name}")
    public Mono<List<ImageDeleted>> remove(@PathVariable String name, @RequestParam(required = false) String force) {
        return blocking.call(() -> images.remove(name, Parameters.flag(force)).stream()
                .map(ImageDeleted::of)
                .toList());
    }

    /** Removes images that have no name and no container; with the filter {@code dangling=false}, those that have no container. */
    @PostMapping("/images/prune")
    public Mono<ImagesPruned> prune(@RequestParam(required = false) String filters) {
        boolean onlyDangling = Parameters.filters(filters).getOrDefault("dangling", List.of("true")).stream()
                .allMatch(Parameters::flag);
        return blocking.call(() -> {
            List<ImageDeleted> deleted = new ArrayList<>();
            long reclaimed = 0;
            for (Image image : images.list(Map.of())) {
                boolean wanted =
                        !image.builtIn() && (!onlyDangling || image.tags().isEmpty());
                if (wanted && images.containers(image.id()) == 0) {
                    for (ImageDeletion deletion : images.remove(image.id(), true)) {
                        deleted.add(ImageDeleted.of(deletion));
                    }
                    reclaimed += image.sizeBytes();
                }
            }
            return new ImagesPruned(deleted, reclaimed);
        });
    }
}
