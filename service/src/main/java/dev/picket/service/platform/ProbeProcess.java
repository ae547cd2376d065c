package dev.picket.service.platform;

import dev.picket.sentry.control.ProbeLine;
import dev.picket.service.worker.WorkerFlags;
import dev.picket.service.worker.WorkerLayout;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries the platforms in a process of their own: a worker's program, started to say what works. Whatever a platform does to
 * that process, the service gets a table: one that ends it or makes it hang is left out of the next attempt.
 */
final class ProbeProcess {
    private static final Logger LOGGER = LoggerFactory.getLogger(ProbeProcess.class);

    /** The program has a shorter deadline for each platform; this is for what stops all of it. */
    private static final long SECONDS = 40;

    private final List<String> command;
    private final Map<String, PlatformStatus> found = new LinkedHashMap<>();
    private final Map<String, String> descriptions = new HashMap<>();
    private List<String> order;

    /** The platform that is being tried; null between two. */
    private String current;

    private ProbeProcess(List<String> command) {
        this.command = command;
    }

    /** Tries all; blocks until it knows. */
    static PlatformTable run(WorkerLayout layout) {
        return run(command(layout));
    }

    /** The program that prints {@link ProbeLine}s. */
    static List<String> command(WorkerLayout layout) {
        List<String> command = new ArrayList<>();
        command.add(layout.java().toString());
        command.addAll(WorkerFlags.of(layout));
        command.add("-cp");
        command.add(layout.classPath().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        command.addAll(List.of("dev.picket.sentry.boot.WorkerMain", "--probe"));
        return command;
    }

    /** @param command a program that prints {@link ProbeLine}s, and takes names of platforms to leave out */
    static PlatformTable run(List<String> command) {
        var probe = new ProbeProcess(command);
        Set<String> except = new HashSet<>();
        try {
            // Each attempt leaves out one more.
            while (probe.order == null) {
                String last = probe.attempt(except);
                if (last == null) {
                    break;
                }
                except.add(last);
            }
        } catch (IOException e) {
            LOGGER.error("cannot start the process that tries the platforms", e);
        }
        return new PlatformTable(
                List.copyOf(probe.found.values()), probe.order == null ? List.of() : List.copyOf(probe.order));
    }

    /** @return the platform that ended it, or null */
    private String attempt(Set<String> except) throws IOException {
        List<String> full = new ArrayList<>(command);
        full.addAll(except);
        ProcessBuilder builder = new ProcessBuilder(full);
        builder.directory(new File("/"));
        builder.environment().clear();
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = builder.start();
        process.getOutputStream().close();
        var late = new AtomicBoolean();
        ScheduledExecutorService deadline = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "platforms-deadline");
            thread.setDaemon(true);
            return thread;
        });
        deadline.schedule(
                () -> {
                    late.set(true);
                    process.destroyForcibly();
                },
                SECONDS,
                TimeUnit.SECONDS);
        current = null;
        try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
            read(lines);
        } catch (IOException e) {
            // Its end, if we ended it.
            LOGGER.debug("cannot read from the process that tries the platforms", e);
        } finally {
            deadline.shutdownNow();
        }
        if (order != null) {
            return null;
        }
        process.destroyForcibly();
        int status = process.onExit().join().exitValue();
        String end = late.get()
                ? "it did not answer within " + SECONDS + " seconds"
                : "the process that tried it ended with "
                        + (status > 128 ? "signal " + (status - 128) : "exit status " + status);
        if (current == null) {
            LOGGER.error("no platform can be tried: {}", end);
            return null;
        }
        found.put(current, new PlatformStatus(current, descriptions.get(current), false, end, 0, 0));
        return current;
    }

    private void read(BufferedReader lines) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ProbeLine parsed = ProbeLine.parse(line);
            if (parsed instanceof ProbeLine.Begin begin) {
                current = begin.name();
                descriptions.put(current, begin.description());
            } else if (parsed instanceof ProbeLine.Works works) {
                put(works.name(), true, "", works.roundTripNanos(), works.faultNanos());
                current = null;
            } else if (parsed instanceof ProbeLine.Fails fails) {
                put(fails.name(), false, fails.reason(), 0, 0);
                current = null;
            } else if (parsed instanceof ProbeLine.Order last) {
                order = last.names();
            } else {
                LOGGER.debug("while trying platforms: {}", line);
            }
        }
    }

    private void put(String name, boolean available, String reason, long roundTripNanos, long faultNanos) {
        found.put(
                name,
                new PlatformStatus(
                        name, descriptions.getOrDefault(name, ""), available, reason, roundTripNanos, faultNanos));
    }
}
