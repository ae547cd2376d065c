package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.service.failure.Failure;
import dev.picket.service.image.Image;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What comes of a request and its image: the command, environment and limits, with Docker's rules for which wins.
 *
 * @param platform as asked for; not empty
 */
record ContainerPlan(
        List<String> arguments,
        List<String> environment,
        String workingDirectory,
        String user,
        String hostName,
        int stopSignal,
        String platform,
        List<String> warnings) {
    private static final String DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final long LEAST_MEMORY_BYTES = 6L << 20;
    private static final int MOST_ARGUMENT_BYTES = 2 << 20;

    /** Docker's names of its own default runtime: what clients send that name no platform. */
    private static final Set<String> DEFAULT_RUNTIMES = Set.of("", "runc", "io.containerd.runc.v2");

    /** @throws Failure.BadParameter in Docker's words, if the request makes no sense */
    static ContainerPlan of(
            CreateContainer request, Image image, String id, String defaultPlatform, Consumer<String> platformCheck) {
        Image.Configuration base = image.configuration();
        List<String> arguments = command(request, base);
        List<String> warnings = new ArrayList<>();
        check(request);
        String platform = platform(request.host(), defaultPlatform);
        platformCheck.accept(platform);
        String stop = firstGiven(request.stopSignal(), base.stopSignal(), "SIGTERM");
        String hostName = firstGiven(request.hostName(), id.substring(0, 12));
        return new ContainerPlan(
                arguments,
                environment(request, base, hostName),
                firstGiven(request.workingDirectory(), base.workingDirectory(), "/"),
                firstGiven(request.user(), base.user(), ""),
                hostName,
                StopSignal.parse(stop),
                platform,
                warnings);
    }

    private static List<String> command(CreateContainer request, Image.Configuration base) {
        List<String> entrypoint = request.entrypoint();
        List<String> command = request.command();
        if (entrypoint == null || entrypoint.isEmpty()) {
            if (command == null || command.isEmpty()) {
                command = base.command();
            }
            if (entrypoint == null) {
                entrypoint = base.entrypoint();
            }
        }
        List<String> all = new ArrayList<>();
        // One empty string is how clients reset the image's entrypoint.
        if (entrypoint != null && !(entrypoint.size() == 1 && entrypoint.get(0).isEmpty())) {
            all.addAll(entrypoint);
        }
        if (command != null) {
            all.addAll(command);
        }
        if (all.isEmpty()) {
            throw new Failure.BadParameter("no command specified");
        }
        return List.copyOf(all);
    }

    private static List<String> environment(CreateContainer request, Image.Configuration base, String hostName) {
        Map<String, String> merged = new LinkedHashMap<>();
        put(merged, DEFAULT_PATH);
        put(merged, "HOSTNAME=" + hostName);
        if (request.terminal()) {
            put(merged, "TERM=xterm");
        }
        base.environment().forEach(each -> put(merged, each));
        if (request.environment() != null) {
            request.environment().forEach(each -> put(merged, each));
        }
        return List.copyOf(merged.values());
    }

    /** {@code base} with {@code more} put over it. */
    static List<String> environment(List<String> base, List<String> more) {
        Map<String, String> merged = new LinkedHashMap<>();
        base.forEach(each -> put(merged, each));
        more.forEach(each -> put(merged, each));
        return List.copyOf(merged.values());
    }

    private static void put(Map<String, String> merged, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 0) {
            merged.remove(assignment);
        } else {
            merged.put(assignment.substring(0, equals), assignment);
        }
    }

    private static void check(CreateContainer request) {
        HostSettings host = request.host();
        long bytes = 0;
        for (List<String> texts : nonNull(request.entrypoint(), request.command(), request.environment())) {
            for (String text : texts) {
                bytes += text.length() + 8L;
                if (text.indexOf('\0') >= 0) {
                    throw new Failure.BadParameter("command and environment must not contain NUL");
                }
            }
        }
        if (bytes > MOST_ARGUMENT_BYTES) {
            throw new Failure.BadParameter("command and environment are longer than " + MOST_ARGUMENT_BYTES + " bytes");
        }
        String directory = request.workingDirectory();
        if (directory != null && !directory.isEmpty() && !directory.startsWith("/")) {
            throw new Failure.BadParameter(
                    "the working directory '" + directory + "' is invalid, it needs to be an absolute path");
        }
        if (request.stopTimeoutSeconds() != null && request.stopTimeoutSeconds() < -1) {
            throw new Failure.BadParameter("invalid stop timeout: " + request.stopTimeoutSeconds());
        }
        if (host.memoryBytes() < 0 || host.memoryBytes() > 0 && host.memoryBytes() < LEAST_MEMORY_BYTES) {
            throw new Failure.BadParameter("Minimum memory limit allowed is 6MB");
        }
        int cpus = Runtime.getRuntime().availableProcessors();
        if (host.nanoCpus() < 0 || host.nanoCpus() > cpus * 1_000_000_000L) {
            throw new Failure.BadParameter(
                    "range of CPUs is from 0.01 to " + cpus + ".00, as there are only " + cpus + " CPUs available");
        }
        if (host.privileged()) {
            throw new Failure.Forbidden("privileged mode is not available: a sandbox has a kernel of its own");
        }
        if (host.binds() != null && !host.binds().isEmpty()) {
            throw new Failure.NotImplemented("bind mounts and volumes are not available yet");
        }
        if (host.readOnlyRoot()) {
            throw new Failure.NotImplemented("a read-only root file system is not available yet");
        }
        limits(host);
        mounts(host);
        LogSettings.of(host);
        RestartPolicy.of(host);
    }

    @SafeVarargs
    private static List<List<String>> nonNull(List<String>... lists) {
        List<List<String>> given = new ArrayList<>();
        for (List<String> list : lists) {
            if (list != null) {
                given.add(list);
            }
        }
        return given;
    }

    /** The platform that a request asks for; may be {@code auto}. */
    static String platform(HostSettings host, String defaultPlatform) {
        String runtime = host.runtime();
        return runtime == null || DEFAULT_RUNTIMES.contains(runtime) ? defaultPlatform : runtime;
    }

    /** The bounds that the Sentry keeps. */
    static Command.Limits limits(HostSettings host) {
        long files = 0;
        long fileSize = 0;
        long cpuSeconds = 0;
        for (HostSettings.Ulimit limit : host.ulimits() == null ? List.<HostSettings.Ulimit>of() : host.ulimits()) {
            if (limit.soft() < -1 || limit.hard() < -1 || limit.hard() != -1 && limit.soft() > limit.hard()) {
                throw new Failure.BadParameter("ulimit soft limit must be less than or equal to hard limit: "
                        + limit.soft() + " > " + limit.hard());
            }
            long hard = Math.max(0, limit.hard());
            switch (limit.name()) {
                case "nofile" -> files = hard;
                case "fsize" -> fileSize = hard;
                case "cpu" -> cpuSeconds = hard;
                case "core",
                        "nproc",
                        "stack",
                        "data",
                        "rss",
                        "as",
                        "memlock",
                        "locks",
                        "sigpending",
                        "msgqueue",
                        "nice",
                        "rtprio",
                        "rttime" -> {
                    // Known to Docker; the Sentry has its own.
                }
                default -> throw new Failure.BadParameter("invalid ulimit type: " + limit.name());
            }
        }
        int cpus = host.nanoCpus() > 0
                ? (int) Math.max(1, (host.nanoCpus() + 999_999_999) / 1_000_000_000)
                : Runtime.getRuntime().availableProcessors();
        return new Command.Limits(host.memoryBytes(), Math.max(0, host.processes()), files, fileSize, cpuSeconds, cpus);
    }

    /** The file systems beside the root. */
    static List<Command.Mount> mounts(HostSettings host) {
        List<Command.Mount> mounts = new ArrayList<>();
        if (host.sharedMemoryBytes() > 0) {
            mounts.add(new Command.Mount("/dev/shm", -1, false, host.sharedMemoryBytes()));
        }
        Map<String, String> tmpfs = host.tmpfs() == null ? Map.of() : host.tmpfs();
        tmpfs.forEach((path, options) -> mounts.add(Tmpfs.mount(path, options)));
        return mounts;
    }

    private static String firstGiven(String... values) {
        for (String value : values) {
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return "";
    }
}
