package dev.picket.service.container;

import static dev.picket.service.container.ServiceFixture.get;
import static dev.picket.service.container.ServiceFixture.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.Collector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ContainerServiceTest {
    @TempDir
    Path directory;

    @Test
    void a_container_goes_from_created_over_running_to_exited() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = service.create(request("cat"), "one").id();
            assertEquals(ContainerStatus.CREATED, service.inspect("one").state().status());
            var exit = service.waitFor(id, WaitCondition.NEXT_EXIT);

            get(service.start("/one"));
            ContainerState running = service.inspect(id.substring(0, 12)).state();
            assertEquals(ContainerStatus.RUNNING, running.status());
            assertEquals(4711, running.processId());

            fixture.worker().exit(3);
            assertEquals(new Exit(3, ""), get(exit));
            ContainerState ended = service.inspect(id).state();
            assertEquals(ContainerStatus.EXITED, ended.status());
            assertEquals(3, ended.exitCode());
            assertEquals(0, ended.processId());
            assertFalse(ended.finishedAt().isBefore(ended.startedAt()));
        }
    }

    @Test
    void image_and_request_make_the_command_and_environment() {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            var request = new CreateContainer(
                    "busybox",
                    List.of("env"),
                    List.of("x"),
                    List.of("B=mine", "A"),
                    null,
                    null,
                    null,
                    true,
                    false,
                    false,
                    false,
                    true,
                    true,
                    null,
                    "INT",
                    null,
                    HostSettings.NONE,
                    null);
            Container made = service.inspect(service.create(request, null).id());
            assertEquals(List.of("env", "x"), made.arguments());
            assertEquals("/work", made.workingDirectory());
            assertEquals(2, made.stopSignal());
            assertTrue(made.environment().contains("B=mine"));
            assertTrue(made.environment().contains("TERM=xterm"));
            assertTrue(made.environment().stream().noneMatch(each -> each.startsWith("A=")));
            assertTrue(made.environment().contains("HOSTNAME=" + made.id().substring(0, 12)));
            assertEquals(
                    List.of("sh"),
                    service.inspect(service.create(request(), null).id()).arguments());
        }
    }

    @Test
    void bad_requests_are_refused_and_leave_nothing() {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            var unknown = new CreateContainer(
                    "nosuch",
                    null,
                    List.of("a"),
                    null,
                    null,
                    null,
                    null,
                    false,
                    false,
                    false,
                    false,
                    true,
                    true,
                    null,
                    null,
                    null,
                    HostSettings.NONE,
                    null);
            assertEquals(
                    "No such image: nosuch:latest",
                    assertThrows(Failure.NotFound.class, () -> service.create(unknown, null))
                            .getMessage());
            var runtime = new HostSettings(
                    "runsc", false, 0, 0, 0, null, null, null, null, null, null, 0, false, false, 0, 0, 0, false);
            assertEquals(
                    "unknown or invalid runtime name: runsc",
                    assertThrows(Failure.BadParameter.class, () -> service.create(request(runtime, "a"), null))
                            .getMessage());
            var memory = new HostSettings(
                    null, false, 1024, 0, 0, null, null, null, null, null, null, 0, false, false, 0, 0, 0, false);
            assertThrows(Failure.BadParameter.class, () -> service.create(request(memory, "a"), null));
            assertThrows(Failure.BadParameter.class, () -> service.create(request("a"), "-bad"));
            assertThrows(Failure.BadParameter.class, () -> service.create(request("a\0b"), "nul"));
            assertEquals(List.of(), service.list(null, true, 0));
            assertEquals(Map.of(), fixture.records());
        }
    }

    @Test
    void a_name_belongs_to_one_container_until_that_is_removed() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String first = service.create(request("a"), "x1").id();
            Failure clash = assertThrows(Failure.Conflict.class, () -> service.create(request("a"), "/x1"));
            assertEquals(
                    "Conflict. The container name \"/x1\" is already in use by container \"" + first
                            + "\". You have to remove (or rename) that container to be able to reuse that name.",
                    clash.getMessage());
            service.rename(first, "x2");
            String second = service.create(request("a"), "x1").id();
            assertThrows(Failure.Conflict.class, () -> service.rename(second, "x2"));
            get(service.remove("x2", false, false));
            service.rename(second, "x2");
            assertEquals(second, service.inspect("x2").id());
            assertEquals(
                    "No such container: x1",
                    assertThrows(Failure.NotFound.class, () -> service.inspect("x1"))
                            .getMessage());
        }
    }

    @Test
    void a_command_that_cannot_be_started_fails_the_start_in_words_that_clients_know() throws Exception {
        var reasons = Map.of(Event.Reason.NOT_FOUND, 127, Event.Reason.NOT_EXECUTABLE, 126);
        for (var reason : reasons.entrySet()) {
            try (var fixture = new ServiceFixture(
                    directory,
                    (worker, command) -> worker.tell(new Event.StartFailed(0, reason.getKey(), "exec: \"x\": oh")))) {
                var service = fixture.service();
                String id = service.create(request("x"), null).id();
                Failure failure = assertThrows(Failure.BadParameter.class, () -> get(service.start(id)));
                assertTrue(failure.getMessage().endsWith("exec: \"x\": oh"), failure.getMessage());
                ContainerState state = service.inspect(id).state();
                assertEquals(ContainerStatus.CREATED, state.status());
                assertEquals(reason.getValue(), state.exitCode());
                fixture.worker().ended().get(5, TimeUnit.SECONDS);
                get(service.remove(id, false, false));
            }
        }
    }

    @Test
    void a_worker_that_dies_ends_its_container_with_a_reason() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = fixture.running();
            String other = fixture.running();
            var exit = service.waitFor(id, WaitCondition.NOT_RUNNING);
            FakeWorker first = fixture.worker();
            first.die("worker process ended unexpectedly (signal 9)");
            var otherExit = service.waitFor(other, WaitCondition.NOT_RUNNING);
            assertEquals(
                    new Exit(137, "worker process ended unexpectedly (signal 9)"),
                    get(CompletableFuture.anyOf(exit, otherExit)));
            long running = service.list(null, false, 0).size();
            assertEquals(1, running, "the other goes on");
        }
    }

    @Test
    void a_worker_that_dies_at_the_start_fails_the_start() throws Exception {
        try (var fixture = new ServiceFixture(directory, (worker, command) -> worker.die("signal 11"))) {
            var service = fixture.service();
            String id = service.create(request("x"), null).id();
            assertEquals(
                    "signal 11",
                    assertThrows(Failure.Internal.class, () -> get(service.start(id)))
                            .getMessage());
            assertEquals(ContainerStatus.CREATED, service.inspect(id).state().status());
        }
    }

    @Test
    void a_crash_of_the_kernel_is_the_reason() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = fixture.running();
            var exit = service.waitFor(id, WaitCondition.NOT_RUNNING);
            fixture.worker().tell(new Event.Crashed("Picket met a bug\n at x"));
            fixture.worker().die("exit status 70");
            assertEquals(new Exit(137, "the sandbox's kernel has crashed: Picket met a bug"), get(exit));
        }
    }

    @Test
    void a_worker_that_breaks_the_rules_is_ended() throws Exception {
        for (Event event : List.of(
                new Event.Output(7, 1, new byte[1]),
                new Event.Exited(7, 0, false, false, new Event.Usage(0, 0, 0)),
                new Event.Started(0, 1),
                new Event.Ready("x", 1))) {
            try (var fixture = new ServiceFixture(directory)) {
                var service = fixture.service();
                var exit = service.waitFor(fixture.running(), WaitCondition.NOT_RUNNING);
                fixture.worker().tell(event);
                assertEquals(137, get(exit).status());
                assertTrue(
                        get(exit).error().startsWith("broke the rules"),
                        get(exit).error());
            }
        }
    }

    @Test
    void stop_asks_first_and_kills_later() throws Exception {
        try (var fixture = new ServiceFixture(directory, (worker, command) -> {
            if (command instanceof Command.Signal signal && signal.signal() != 9) {
                return;
            }
            FakeWorker.obedient(worker, command);
        })) {
            var service = fixture.service();
            String id = fixture.running();
            long before = System.nanoTime();
            get(service.stop(id, null, 1));
            assertTrue(System.nanoTime() - before >= 1_000_000_000L);
            assertEquals(
                    List.of(15, 9),
                    fixture.worker().commands().stream()
                            .filter(Command.Signal.class::isInstance)
                            .map(command -> ((Command.Signal) command).signal())
                            .toList());
            assertEquals(137, service.inspect(id).state().exitCode());
            assertThrows(Failure.NotModified.class, () -> get(service.stop(id, null, null)));
        }
    }

    @Test
    void a_sandbox_that_does_not_even_obey_sigkill_loses_its_worker() throws Exception {
        try (var fixture = new ServiceFixture(directory, (worker, command) -> {
            if (command instanceof Command.Start) {
                worker.tell(new Event.Started(0, 1));
            }
        })) {
            var service = fixture.service();
            String id = fixture.running();
            get(service.kill(id, null));
            ContainerState state = service.inspect(id).state();
            assertEquals(ContainerStatus.EXITED, state.status());
            assertEquals(137, state.exitCode());
            assertEquals("", state.error());
        }
    }

    @Test
    void signals_reach_the_first_process_by_name_or_number() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = fixture.running();
            get(service.kill(id, "SIGUSR1"));
            get(service.kill(id, "hup"));
            get(service.kill(id, "12"));
            get(service.kill(id, "RTMIN+3"));
            assertThrows(Failure.BadParameter.class, () -> service.kill(id, "NOSUCH"));
            assertThrows(Failure.BadParameter.class, () -> service.kill(id, "65"));
            for (int signal : new int[] {10, 1, 12, 37}) {
                fixture.worker().await(new Command.Signal(0, signal, false)::equals);
            }
        }
    }

    @Test
    void only_what_runs_can_be_killed_and_only_what_does_not_run_can_be_removed() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = service.create(request("a"), "n1").id();
            assertEquals(
                    "cannot kill container: n1: container " + id + " is not running",
                    assertThrows(Failure.Conflict.class, () -> get(service.kill(id, null)))
                            .getMessage());
            get(service.start(id));
            assertThrows(Failure.NotModified.class, () -> get(service.start(id)));
            assertThrows(Failure.Conflict.class, () -> get(service.remove(id, false, false)));
            get(service.remove(id, true, false));
            assertThrows(Failure.NotFound.class, () -> service.inspect(id));
            assertEquals(Map.of(), fixture.records());
            assertFalse(Files.exists(directory.resolve(id)));
        }
    }

    @Test
    void auto_removal_tells_those_who_wait_for_it() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = service.create(request(ServiceFixture.autoRemove(), "a"), null)
                    .id();
            var removed = service.waitFor(id, WaitCondition.REMOVED);
            get(service.start(id));
            assertFalse(removed.isDone());
            fixture.worker().exit(5);
            assertEquals(new Exit(5, ""), get(removed));
            assertThrows(Failure.NotFound.class, () -> service.inspect(id));
        }
    }

    @Test
    void auto_removal_comes_after_a_failed_start_too() throws Exception {
        try (var fixture = new ServiceFixture(
                directory, (worker, command) -> worker.tell(new Event.StartFailed(0, Event.Reason.NOT_FOUND, "no")))) {
            var service = fixture.service();
            String id = service.create(request(ServiceFixture.autoRemove(), "a"), null)
                    .id();
            var removed = service.waitFor(id, WaitCondition.REMOVED);
            assertThrows(Failure.BadParameter.class, () -> get(service.start(id)));
            assertEquals(127, get(removed).status());
        }
    }

    @Test
    void output_reaches_clients_and_the_log_and_input_reaches_the_process() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = service.create(request("cat"), null).id();
            Attachment attachment = service.attach(id, new AttachRequest(true, false, true, true, true));
            Collector client = new Collector();
            attachment.output().subscribe(client);
            CompletionStage<Void> typed = attachment.input("typed".getBytes(StandardCharsets.UTF_8));
            attachment.closeInput();
            get(service.start(id));
            Collector follower = new Collector();
            service.logs(id, new LogQuery(true, true, true, null, null, false, -1))
                    .subscribe(follower);
            FakeWorker worker = fixture.worker();
            worker.tell(new Event.InputCredit(0, 100));
            get(typed);
            worker.await(Command.CloseInput.class::isInstance);
            var input = (Command.Input) worker.await(Command.Input.class::isInstance);
            assertEquals("typed", new String(input.data(), StandardCharsets.UTF_8));

            worker.tell(new Event.Output(0, 1, "out\n".getBytes(StandardCharsets.UTF_8)));
            worker.tell(new Event.Output(0, 2, new byte[] {(byte) 0xff, 0}));
            worker.exit(0);
            assertEquals("out\n", client.await().out());
            assertEquals(2, client.err().length() == 0 ? 0 : 2);
            assertEquals("out\n", follower.await().out());
            assertEquals("\ufffd\0", follower.err());
        }
    }

    @Test
    void pause_and_resume_are_states() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = fixture.running();
            service.pause(id);
            assertEquals(ContainerStatus.PAUSED, service.inspect(id).state().status());
            assertThrows(Failure.Conflict.class, () -> service.pause(id));
            assertThrows(Failure.Conflict.class, () -> get(service.start(id)));
            assertThrows(Failure.Conflict.class, () -> get(service.remove(id, false, false)));
            service.unpause(id);
            assertThrows(Failure.Conflict.class, () -> service.unpause(id));
            service.pause(id);
            get(service.stop(id, null, 5));
            fixture.worker().await(Command.Resume.class::isInstance);
            assertEquals(143, service.inspect(id).state().exitCode());
        }
    }

    @Test
    void a_restart_policy_starts_again_until_it_has_had_enough() throws Exception {
        try (var fixture = new ServiceFixture(directory, (worker, command) -> {
            if (command instanceof Command.Start) {
                worker.tell(new Event.Started(0, 1));
                worker.exit(1);
            }
        })) {
            var service = fixture.service();
            String id = service.create(request(ServiceFixture.restarting("on-failure", 2), "a"), null)
                    .id();
            get(service.start(id));
            for (int i = 0; i < 100 && fixture.workersTaken() < 3; i++) {
                Thread.sleep(50);
            }
            for (int i = 0; i < 100 && service.inspect(id).state().status() != ContainerStatus.EXITED; i++) {
                Thread.sleep(20);
            }
            assertEquals(3, fixture.workersTaken());
            assertEquals(2, service.inspect(id).state().restartCount());
            assertEquals(ContainerStatus.EXITED, service.inspect(id).state().status());
        }
    }

    @Test
    void restart_gives_a_new_run() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String id = fixture.running();
            FakeWorker first = fixture.worker();
            get(service.restart(id, null, 5));
            assertNotEquals(first, fixture.worker());
            assertEquals(ContainerStatus.RUNNING, service.inspect(id).state().status());
        }
    }

    @Test
    void after_a_restart_of_the_service_what_ran_has_ended_and_logs_are_there() throws Exception {
        Map<String, String> records;
        String running;
        String created;
        try (var fixture = new ServiceFixture(directory)) {
            running = fixture.running();
            created = fixture.service().create(request("x"), "fresh").id();
            fixture.worker().tell(new Event.Output(0, 1, "kept\n".getBytes(StandardCharsets.UTF_8)));
            Collector follower = new Collector();
            fixture.service()
                    .logs(running, new LogQuery(true, true, true, null, null, false, -1))
                    .subscribe(follower);
            follower.awaitBytes(5);
            records = new java.util.LinkedHashMap<>(fixture.records());
        }
        try (var fixture = new ServiceFixture(directory, FakeWorker::obedient, records)) {
            var service = fixture.service();
            ContainerState state = service.inspect(running).state();
            assertEquals(ContainerStatus.EXITED, state.status());
            assertEquals(137, state.exitCode());
            assertEquals("the service ended while the container ran", state.error());
            assertEquals(
                    ContainerStatus.CREATED, service.inspect("fresh").state().status());
            assertEquals(created, service.inspect("fresh").id());
            Collector log = new Collector();
            service.logs(running, new LogQuery(false, true, true, null, null, false, -1))
                    .subscribe(log);
            assertEquals("kept\n", log.await().out());
            get(service.start(running));
        }
    }

    @Test
    void lists_are_filtered_and_bounded() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            String first = service.create(request("a"), "alpha").id();
            Thread.sleep(2);
            String second = service.create(request("a"), "beta").id();
            get(service.start(second));
            assertEquals(1, service.list(null, false, 0).size());
            assertEquals(
                    List.of("beta", "alpha"),
                    service.list(null, true, 0).stream().map(Container::name).toList());
            assertEquals(List.of("beta"), names(service, Map.of("name", List.of("^/be"))));
            assertEquals(List.of("alpha"), names(service, Map.of("status", List.of("created"))));
            assertEquals(List.of("alpha"), names(service, Map.of("before", List.of("beta"))));
            assertEquals(List.of("alpha"), names(service, Map.of("id", List.of(first.substring(0, 5)))));
            assertEquals(List.of("beta", "alpha"), names(service, Map.of("ancestor", List.of("busybox"))));
            assertEquals(List.of(), names(service, Map.of("label", List.of("x=y"))));
            assertEquals(1, service.list(null, true, 1).size());
            assertThrows(Failure.BadParameter.class, () -> service.list(Map.of("x", List.of("y")), true, 0));
            assertThrows(Failure.BadParameter.class, () -> service.list(Map.of("status", List.of("odd")), true, 0));
            assertEquals(List.of(first), service.prune(null));
        }
    }

    private static List<String> names(ContainerService service, Map<String, List<String>> filters) {
        return service.list(filters, true, 0).stream().map(Container::name).toList();
    }

    @Test
    void whatever_is_asked_at_the_same_time_every_container_comes_to_its_end() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var service = fixture.service();
            var failures = new AtomicInteger();
            for (int round = 0; round < 150; round++) {
                String id = service.create(request("a"), null).id();
                var removed = service.waitFor(id, WaitCondition.REMOVED);
                List<CompletableFuture<?>> all = new ArrayList<>();
                List<Runnable> actions = List.of(
                        () -> all.add(async(service.start(id), failures)),
                        () -> all.add(async(service.kill(id, null), failures)),
                        () -> all.add(async(service.stop(id, null, 1), failures)),
                        () -> all.add(async(service.restart(id, null, 1), failures)),
                        () -> all.add(async(service.start(id), failures)));
                var threads = actions.stream()
                        .map(action -> CompletableFuture.runAsync(
                                () -> {
                                    synchronized (all) {
                                        action.run();
                                    }
                                },
                                fixture.executor()))
                        .toArray(CompletableFuture[]::new);
                CompletableFuture.allOf(threads).get(5, TimeUnit.SECONDS);
                CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
                get(service.remove(id, true, false));
                removed.get(5, TimeUnit.SECONDS);
                assertThrows(Failure.NotFound.class, () -> service.inspect(id));
            }
            assertEquals(0, failures.get(), "nothing but failures that Docker has, too");
            assertEquals(List.of(), service.list(null, true, 0));
            assertEquals(Map.of(), fixture.records());
        }
    }

    private static CompletableFuture<?> async(CompletionStage<?> stage, AtomicInteger failures) {
        return stage.toCompletableFuture().handle((done, failure) -> {
            if (failure != null) {
                Failure cause = ManagedContainer.asFailure(failure);
                if (!(cause instanceof Failure.Conflict) && !(cause instanceof Failure.NotModified)) {
                    cause.printStackTrace();
                    failures.incrementAndGet();
                }
            }
            return null;
        });
    }
}
