package dev.picket.service.system;

import static dev.picket.service.container.ServiceFixture.get;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.service.container.AttachRequest;
import dev.picket.service.container.ContainerState;
import dev.picket.service.container.ContainerStatus;
import dev.picket.service.container.CreateContainer;
import dev.picket.service.container.Exit;
import dev.picket.service.container.HostSettings;
import dev.picket.service.container.LogQuery;
import dev.picket.service.container.WaitCondition;
import dev.picket.service.exec.CreateExec;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.Collector;
import dev.picket.service.worker.WorkerLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real workers that run programs of this machine. */
@Timeout(60)
class SandboxTest {
    @TempDir
    static Path directory;

    private static Service service;

    @BeforeAll
    static void open() {
        service = Service.open(new ServiceSettings(
                directory.resolve("data"),
                directory.resolve("run"),
                "ptrace",
                true,
                2,
                WorkerLayout.ofClassPath(System.getProperty("java.class.path"))));
    }

    @AfterAll
    static void close() {
        service.close();
    }

    private static CreateContainer request(boolean terminal, String... command) {
        return new CreateContainer(
                "host",
                null,
                List.of(command),
                null,
                null,
                null,
                null,
                terminal,
                true,
                true,
                true,
                true,
                true,
                null,
                null,
                null,
                HostSettings.NONE,
                null);
    }

    /** A container that was run to its end. */
    private record Outcome(String id, Exit exit, byte[] out, String err) {
        String text() {
            return new String(out, StandardCharsets.UTF_8);
        }
    }

    private static Outcome run(byte[] input, String... command) throws Exception {
        String id = service.containers().create(request(false, command), null).id();
        Attachment attachment = service.containers().attach(id, new AttachRequest(true, false, true, true, true));
        Collector client = new Collector();
        attachment.output().subscribe(client);
        var exit = service.containers().waitFor(id, WaitCondition.NEXT_EXIT);
        service.containers().start(id).toCompletableFuture().get(50, TimeUnit.SECONDS);
        for (int at = 0; at < input.length; at += 50_000) {
            get(attachment.input(Arrays.copyOfRange(input, at, Math.min(input.length, at + 50_000))));
        }
        attachment.closeInput();
        Exit how = exit.get(50, TimeUnit.SECONDS);
        client.await();
        return new Outcome(id, how, client.outBytes(), client.err());
    }

    private static Outcome shell(String script) throws Exception {
        Outcome outcome = run(new byte[0], "/bin/sh", "-c", script);
        get(service.containers().remove(outcome.id(), false, false));
        return outcome;
    }

    @Test
    void streams_are_apart_and_the_status_comes_through() throws Exception {
        Outcome outcome = shell("echo out; echo err >&2; exit 7");
        assertEquals("out\n", outcome.text());
        assertEquals("err\n", outcome.err());
        assertEquals(new Exit(7, ""), outcome.exit());
        assertEquals(143, shell("sh -c 'kill -TERM $$'; exit $?").exit().status());
        assertEquals(137, shell("sh -c 'kill -KILL $$'; exit $?").exit().status());
    }

    @Test
    void every_byte_goes_in_and_comes_out() throws Exception {
        byte[] data = new byte[3_000_000];
        new Random(5).nextBytes(data);
        assertArrayEquals(data, run(data, "cat").out());
    }

    @Test
    void commands_that_cannot_be_started_say_why() {
        for (String[] wanted : new String[][] {
            {"nosuch", "executable file not found in $PATH", "127"},
            {"/no/such", "no such file or directory", "127"},
            {"/etc/debian_version", "permission denied", "126"},
            {"/etc", "is a directory", "126"}
        }) {
            String id =
                    service.containers().create(request(false, wanted[0]), null).id();
            Failure failure = assertThrows(
                    Failure.BadParameter.class, () -> get(service.containers().start(id)));
            assertTrue(failure.getMessage().contains(wanted[1]), failure.getMessage());
            ContainerState state = service.containers().inspect(id).state();
            assertEquals(wanted[2], Integer.toString(state.exitCode()));
        }
    }

    @Test
    void a_terminal_has_a_size_that_can_change_and_echoes() throws Exception {
        String id = service.containers()
                .create(request(true, "/bin/sh", "-c", "stty size; tty; read x; stty size; echo got $x"), null)
                .id();
        Attachment attachment = service.containers().attach(id, new AttachRequest(true, false, true, true, true));
        Collector client = new Collector();
        attachment.output().subscribe(client);
        get(service.containers().start(id));
        client.awaitBytes("0 0\r\n/dev/pts/0\r\n".length());
        service.containers().resize(id, 33, 99);
        get(attachment.input("line\n".getBytes(StandardCharsets.UTF_8)));
        client.await();
        assertEquals("0 0\r\n/dev/pts/0\r\nline\r\n33 99\r\ngot line\r\n", client.out());
    }

    @Test
    void execs_run_beside_the_first_process_and_die_with_it() throws Exception {
        String id = service.containers()
                .create(request(false, "/bin/sh", "-c", "echo $$ > /tmp/pid; exec sleep 100"), null)
                .id();
        get(service.containers().start(id));
        String first = exec(id, "hello", "/bin/sh", "-c", "cat; cat /tmp/pid; echo $MINE; exit 3");
        assertEquals("hello1\nyes\n[3]", first);
        String missing = service.execs().create(id, command("nosuch"));
        assertThrows(Failure.BadParameter.class, () -> get(service.execs().startAttached(missing, false, 0, 0)));
        assertEquals(127, service.execs().inspect(missing).exitCode());

        String last = service.execs().create(id, command("sleep", "100"));
        Attachment attachment = get(service.execs().startAttached(last, false, 0, 0));
        Collector client = new Collector();
        attachment.output().subscribe(client);
        get(service.containers().kill(id, null));
        client.await();
        assertEquals(137, service.execs().inspect(last).exitCode());
        assertEquals(137, service.containers().inspect(id).state().exitCode());
    }

    private static CreateExec command(String... command) {
        return new CreateExec(List.of(command), List.of("MINE=yes"), null, null, false, true, true, true, false, 0, 0);
    }

    private static String exec(String container, String input, String... command) throws Exception {
        String id = service.execs().create(container, command(command));
        Attachment attachment = get(service.execs().startAttached(id, false, 0, 0));
        Collector client = new Collector();
        attachment.output().subscribe(client);
        get(attachment.input(input.getBytes(StandardCharsets.UTF_8)));
        attachment.closeInput();
        client.await();
        return client.out() + "[" + service.execs().inspect(id).exitCode() + "]";
    }

    @Test
    void a_log_is_followed_as_it_is_written() throws Exception {
        String id = service.containers()
                .create(request(false, "/bin/sh", "-c", "for i in 1 2 3; do echo $i; read x; done"), null)
                .id();
        Attachment attachment = service.containers().attach(id, new AttachRequest(true, false, true, false, false));
        get(service.containers().start(id));
        Collector log = new Collector();
        service.containers()
                .logs(id, new LogQuery(true, true, true, null, null, false, -1))
                .subscribe(log);
        for (int line = 1; line <= 3; line++) {
            log.awaitBytes(2 * line);
            assertFalse(log.isEnded());
            get(attachment.input("\n".getBytes(StandardCharsets.UTF_8)));
        }
        assertEquals("1\n2\n3\n", log.await().out());
    }

    @Test
    void a_client_that_does_not_read_stops_only_its_own_container() throws Exception {
        String id = service.containers()
                .create(request(false, "/bin/sh", "-c", "head -c 5000000 /dev/zero; echo done >&2"), null)
                .id();
        Attachment attachment = service.containers().attach(id, new AttachRequest(true, false, false, true, true));
        Collector slow = new Collector(0);
        attachment.output().subscribe(slow);
        get(service.containers().start(id));
        assertEquals("other\n", shell("echo other").text());
        assertEquals(
                ContainerStatus.RUNNING,
                service.containers().inspect(id).state().status());
        slow.request(Long.MAX_VALUE);
        assertEquals(5_000_000, slow.await().outBytes().length);
        assertEquals("done\n", slow.err());
    }

    @Test
    void a_killed_worker_ends_its_container_and_no_other() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String id = service.containers().create(request(false, "cat"), null).id();
            get(service.containers().start(id));
            ids.add(id);
        }
        long victim = service.containers().inspect(ids.get(0)).state().processId();
        var exit = service.containers().waitFor(ids.get(0), WaitCondition.NOT_RUNNING);
        ProcessHandle.of(victim).orElseThrow().destroyForcibly();
        assertEquals(new Exit(137, "worker process ended unexpectedly (signal 9)"), get(exit));
        for (String id : ids.subList(1, 4)) {
            assertEquals(
                    ContainerStatus.RUNNING,
                    service.containers().inspect(id).state().status());
            assertEquals("still[0]", exec(id, "", "printf", "still"));
            get(service.containers().remove(id, true, false));
        }
    }

    @Test
    void stop_is_obeyed_or_enforced() throws Exception {
        String polite = service.containers()
                .create(
                        request(false, "/bin/sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done"),
                        null)
                .id();
        Collector log = new Collector();
        service.containers()
                .attach(polite, new AttachRequest(true, false, false, true, true))
                .output()
                .subscribe(log);
        get(service.containers().start(polite));
        log.awaitBytes(3);
        get(service.containers().stop(polite, null, 10));
        assertEquals(5, service.containers().inspect(polite).state().exitCode());

        String deaf = service.containers()
                .create(request(false, "/bin/sh", "-c", "trap '' TERM; sleep 100"), null)
                .id();
        get(service.containers().start(deaf));
        get(service.containers().stop(deaf, null, 1));
        assertEquals(137, service.containers().inspect(deaf).state().exitCode());
    }

    @Test
    void twenty_at_once_keep_their_output_apart() throws Exception {
        List<CompletableFuture<Outcome>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String text = "sandbox " + i;
            all.add(CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return run(
                                    new byte[0],
                                    "/bin/sh",
                                    "-c",
                                    "for i in 1 2 3 4 5 6 7 8 9 10; do echo " + text + " $i; done");
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    task -> new Thread(task).start()));
        }
        for (int i = 0; i < 20; i++) {
            Outcome outcome = all.get(i).get(50, TimeUnit.SECONDS);
            StringBuilder expected = new StringBuilder();
            for (int line = 1; line <= 10; line++) {
                expected.append("sandbox ").append(i).append(' ').append(line).append('\n');
            }
            assertEquals(expected.toString(), outcome.text());
            get(service.containers().remove(outcome.id(), false, false));
        }
    }

    @Test
    void the_guest_sees_its_own_name_and_users_and_nothing_of_the_host() throws Exception {
        Outcome outcome = shell("hostname; cat /etc/hostname; id -u; echo $HOME; ls /proc | grep -c '^[0-9]'");
        String name = outcome.id().substring(0, 12);
        assertTrue(outcome.text().startsWith(name + "\n" + name + "\n0\n/"), outcome.text());
        assertFalse(shell("cat /etc/shadow 2>&1; ls /proc/*/exe").text().contains("java"));
        assertFalse(Files.exists(Path.of("/tmp/picket-was-here")));
        shell("echo x > /tmp/picket-was-here; echo x > /usr/picket-was-here");
        assertFalse(Files.exists(Path.of("/tmp/picket-was-here")) || Files.exists(Path.of("/usr/picket-was-here")));
    }

    @Test
    void many_one_after_another_leave_nothing() throws Exception {
        for (int i = 0; i < 3; i++) {
            shell("true");
        }
        // Workers come and go meanwhile: what counts is what there is when nothing moves any more.
        long descriptors = settled(() -> count(Path.of("/proc/self/fd")));
        long children = settled(() -> ProcessHandle.current().descendants().count());
        for (int i = 0; i < 12; i++) {
            assertEquals("x\n", shell("echo x | cat").text());
        }
        long childrenAfter = settled(() -> ProcessHandle.current().descendants().count());
        long descriptorsAfter = settled(() -> count(Path.of("/proc/self/fd")));
        assertTrue(childrenAfter <= children, childrenAfter + " processes instead of " + children);
        assertTrue(descriptorsAfter <= descriptors, descriptorsAfter + " descriptors instead of " + descriptors);
    }

    /** A number that has not changed for two seconds. */
    private static long settled(java.util.concurrent.Callable<Long> number) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        long value = number.call();
        long since = System.nanoTime();
        while (System.nanoTime() < deadline && System.nanoTime() - since < TimeUnit.SECONDS.toNanos(2)) {
            Thread.sleep(50);
            long now = number.call();
            if (now != value) {
                value = now;
                since = System.nanoTime();
            }
        }
        return value;
    }

    private static long count(Path path) throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.count();
        }
    }
}
