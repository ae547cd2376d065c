package dev.picket.api.command;

import dev.picket.api.listen.ListenAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import sun.misc.Signal;

/** {@code picket serve}. */
@Command(
        name = "serve",
        description = "Serves the Docker API until it is interrupted; then every container ends with it.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {
    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            description = "unix:///path.sock or tcp://127.0.0.1:PORT; may be repeated. "
                    + "Default: a unix socket below the user's own directories.")
    private List<String> listen = new ArrayList<>();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where images, containers and logs are kept. Default: ~/.local/share/picket")
    private Path data;

    @Option(
            names = "--platform",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Platform of containers that name none: auto, or one of those that 'picket platforms' "
                    + "lists. Default: ${DEFAULT-VALUE}")
    private String platform;

    @Option(
            names = "--no-host-image",
            negatable = false,
            description = "Do not offer the image 'host', which is made of this machine's own programs.")
    private boolean noHostImage;

    @Option(
            names = "--pool",
            paramLabel = "N",
            defaultValue = "2",
            description = "How many idle workers are kept ready. Default: ${DEFAULT-VALUE}")
    private int pool;

    @Override
    public Integer call() throws Exception {
        if (pool < 0 || pool > 1000) {
            throw new IllegalArgumentException("--pool must be between 0 and 1000");
        }
        var directories = Directories.of(data);
        List<ListenAddress> addresses =
                listen.stream().map(ListenAddress::parse).collect(Collectors.toCollection(ArrayList::new));
        if (addresses.isEmpty()) {
            addresses.add(new ListenAddress.Unix(directories.socket()));
        }

        var ended = new CountDownLatch(1);
        Signal.handle(new Signal("INT"), signal -> ended.countDown());
        Signal.handle(new Signal("TERM"), signal -> ended.countDown());
        try (var service = EmbeddedService.start(directories, addresses, platform, !noHostImage, pool, true)) {
            System.out.println("picket is ready on "
                    + service.addresses().stream().map(ListenAddress::toString).collect(Collectors.joining(", ")));
            System.out.flush();
            ended.await();
        }
        return 0;
    }
}
