package dev.picket.service.exec;

import static dev.picket.service.container.ServiceFixture.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.service.container.ServiceFixture;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Collector;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ExecServiceTest {
    @TempDir
    Path directory;

    private static CreateExec request(String... command) {
        return new CreateExec(List.of(command), List.of(), null, null, false, true, true, true, false, 0, 0);
    }

    @Test
    void an_exec_runs_once_and_dies_with_its_container() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var execs = new ExecService(fixture.service(), fixture.executor(), fixture.timer());
            String container = fixture.running();
            String id = execs.create(container, request("sleep", "1"));
            assertEquals(List.of(id), fixture.service().inspect(container).execs());
            assertNull(execs.inspect(id).exitCode());

            var attachment = get(execs.startAttached(id, false, 0, 0));
            Collector client = new Collector();
            attachment.output().subscribe(client);
            assertTrue(execs.inspect(id).running());
            assertEquals(101, execs.inspect(id).processId());
            assertThrows(Failure.Conflict.class, () -> execs.startDetached(id, false));

            get(fixture.service().kill(container, null));
            client.await();
            assertEquals(137, execs.inspect(id).exitCode());
            assertThrows(Failure.Conflict.class, () -> execs.startDetached(id, false));
        }
    }

    @Test
    void there_is_no_exec_without_a_command_or_a_running_container() throws Exception {
        try (var fixture = new ServiceFixture(directory)) {
            var execs = new ExecService(fixture.service(), fixture.executor(), fixture.timer());
            String container = fixture.running();
            assertThrows(Failure.BadParameter.class, () -> execs.create(container, request()));
            assertThrows(Failure.NotFound.class, () -> execs.create("nosuch", request("a")));
            assertThrows(Failure.NotFound.class, () -> execs.inspect("nosuch"));
            fixture.service().pause(container);
            assertThrows(Failure.Conflict.class, () -> execs.create(container, request("a")));
            fixture.service().unpause(container);
            get(fixture.service().kill(container, null));
            assertThrows(Failure.Conflict.class, () -> execs.create(container, request("a")));
        }
    }
}
