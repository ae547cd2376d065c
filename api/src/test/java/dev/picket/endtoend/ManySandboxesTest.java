package dev.picket.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sandboxes side by side and one after another: none disturbs another, and none leaves anything behind. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ManySandboxesTest {
    private static RunningPicket picket;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(RunningPicket.unavailable() == null, RunningPicket.unavailable());
        picket = new RunningPicket();
        picket.importBusybox();
    }

    @AfterAll
    static void stop() throws Exception {
        if (picket != null) {
            picket.close();
        }
    }

    @Test
    void twenty_at_once_keep_their_output_apart() throws Exception {
        List<Callable<RunningPicket.Answer>> runs = new ArrayList<>();
        for (int number = 0; number < 20; number++) {
            String script =
                    "for i in $(seq 1 200); do echo %d-$i; done; sleep 1; echo end %d".formatted(number, number);
            runs.add(() -> picket.docker("run", "--rm", "busybox", "sh", "-c", script));
        }
        ExecutorService clients = Executors.newFixedThreadPool(runs.size());
        try {
            List<Future<RunningPicket.Answer>> answers = clients.invokeAll(runs);
            for (int number = 0; number < runs.size(); number++) {
                var expected = new StringBuilder();
                for (int line = 1; line <= 200; line++) {
                    expected.append(number).append('-').append(line).append('\n');
                }
                expected.append("end ").append(number).append('\n');
                RunningPicket.Answer answer = answers.get(number).get();
                assertEquals(expected.toString(), answer.output(), answer.error());
                assertEquals(0, answer.status());
            }
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void two_hundred_one_after_another_leave_nothing_behind() throws Exception {
        for (int warm = 0; warm < 20; warm++) {
            runOne(warm);
        }
        Footprint before = settled();
        for (int number = 0; number < 200; number++) {
            runOne(number);
        }
        Footprint after = settled();

        assertTrue(after.processes <= before.processes, () -> "processes: " + before + " then " + after);
        assertTrue(after.descriptors <= before.descriptors + 4, () -> "descriptors: " + before + " then " + after);
        assertTrue(after.maps <= before.maps + 40, () -> "memory maps: " + before + " then " + after);
        assertTrue(after.files <= before.files + 2, () -> "files: " + before + " then " + after);
        assertTrue(
                after.temporaryFiles <= before.temporaryFiles, () -> "temporary files: " + before + " then " + after);
    }

    private static void runOne(int number) throws Exception {
        var answer = picket.docker("run", "--rm", "busybox", "sh", "-c", "echo " + number + " > /tmp/f; cat /tmp/f");
        assertEquals(number + "\n", answer.output(), answer.error());
    }

    /** What the service holds of the host. */
    private record Footprint(int processes, int descriptors, int maps, long files, long temporaryFiles) {}

    /** The footprint once the pool has filled up again and the ended workers are gone: when it no longer changes. */
    private static Footprint settled() throws Exception {
        Footprint last = footprint();
        for (int same = 0, looks = 0; same < 8 && looks < 120; looks++) {
            Thread.sleep(500);
            Footprint now = footprint();
            same = now.processes == last.processes && now.descriptors == last.descriptors ? same + 1 : 0;
            last = now;
        }
        return last;
    }

    private static Footprint footprint() throws IOException {
        Path service = Path.of("/proc", Long.toString(picket.processId()));
        return new Footprint(
                picket.descendants().size(),
                count(service.resolve("fd")),
                Files.readAllLines(service.resolve("maps")).size(),
                countTree(picket.dataDirectory()),
                countTemporary());
    }

    private static int count(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return (int) entries.count();
        }
    }

    private static long countTree(Path directory) throws IOException {
        try (var entries = Files.walk(directory)) {
            return entries.count();
        }
    }

    private static long countTemporary() throws IOException {
        long count = 0;
        for (String place : List.of("/tmp", "/dev/shm")) {
            try (var entries = Files.list(Path.of(place))) {
                count += entries.filter(entry -> entry.getFileName().toString().matches("(?i).*(picket|jffi|netty).*"))
                        .count();
            }
        }
        return count;
    }

    @Test
    void killing_one_worker_costs_its_own_sandbox_only() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int number = 0; number < 6; number++) {
            String script = "echo ready; sleep 4; echo finished " + number;
            ids.add(picket.docker("run", "-d", "busybox", "sh", "-c", script)
                    .output()
                    .strip());
        }
        String victim = ids.get(2);
        String pid = picket.docker("inspect", "-f", "{{.State.Pid}}", victim)
                .output()
                .strip();
        assertTrue(ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly());

        assertEquals("137", picket.docker("wait", victim).output().strip());
        var state = picket.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}", victim)
                .output();
        assertTrue(state.startsWith("exited 137 "), state);
        assertTrue(state.strip().length() > "exited 137 ".length(), "no reason in: " + state);
        for (int number = 0; number < 6; number++) {
            String id = ids.get(number);
            if (!id.equals(victim)) {
                assertEquals("0", picket.docker("wait", id).output().strip());
                assertEquals(
                        "ready\nfinished " + number + "\n",
                        picket.docker("logs", id).output());
            }
            picket.docker("rm", "-f", id);
        }
    }
}
