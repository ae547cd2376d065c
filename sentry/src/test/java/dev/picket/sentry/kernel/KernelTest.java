package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Signal.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class KernelTest {
    @Test
    void a_program_prints_and_its_status_arrives() throws ErrnoException {
        try (var sandbox = new TestSandbox()) {
            var started = sandbox.shell("echo hello; exit 7");

            assertEquals(7 << 8, started.await());
            assertEquals("hello\n", started.output().text());
            assertEquals(1, started.process().id());
        }
    }

    @Test
    void a_missing_program_is_an_error_and_the_kernel_can_go_on() throws ErrnoException {
        try (var sandbox = new TestSandbox()) {
            var failure = assertThrows(ErrnoException.class, () -> sandbox.start("/no/such/program"));
            assertEquals(Errno.ENOENT, failure.errno());

            assertEquals(0, sandbox.start("/bin/true").await());
        }
    }

    @Test
    void the_first_process_ignores_signals_without_a_handler() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var started = sandbox.shell("kill -TERM $$; kill -KILL $$; echo alive; sleep 1000");
            started.awaitOutput("alive");
            sandbox.kernel().sendFromOutside(started.process(), SIGTERM);
            Thread.sleep(100);
            assertFalse(started.process().hasEnded());

            sandbox.kernel().sendFromOutside(started.process(), SIGKILL);

            assertEquals(SIGKILL, started.await());
        }
    }

    @Test
    void the_first_process_handles_signals_for_which_it_has_a_handler() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var started = sandbox.shell("trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
            started.awaitOutput("ready");

            sandbox.kernel().sendFromOutside(started.process(), SIGTERM);

            assertEquals(3 << 8, started.await());
        }
    }

    @Test
    void the_end_of_the_first_process_ends_all_others() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var first = sandbox.shell("sleep 1000 & sleep 1000 & echo ready; sleep 0.2");
            first.awaitOutput("ready");
            var second = sandbox.shell("trap '' TERM; sleep 1000");

            assertEquals(0, first.await());
            assertEquals(SIGKILL, second.await());
            assertTrue(sandbox.kernel().awaitTasks(TimeUnit.SECONDS.toNanos(10)));
        }
    }

    @Test
    void a_second_process_from_outside_lives_and_dies_alone() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var first = sandbox.start("/bin/sleep", "1000");
            var second = sandbox.shell("echo $PPID; kill -TERM $$");

            assertEquals(SIGTERM, second.await());
            assertEquals("0\n", second.output().text());
            assertFalse(first.process().hasEnded());
        }
    }

    @Test
    void nothing_is_left_when_a_sandbox_is_closed() throws Exception {
        try (var warmUp = new TestSandbox()) {
            warmUp.start("/bin/true").await();
        }
        long descriptors = descriptors();
        long children = children();
        for (int i = 0; i < 5; i++) {
            try (var sandbox = new TestSandbox()) {
                var started = sandbox.shell("sleep 1000 & sleep 1000 & while :; do :; done & echo ready; sleep 1000");
                started.awaitOutput("ready");
            }
        }
        assertEquals(descriptors, descriptors());
        assertEquals(children, children());
        assertEquals(
                0,
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("task "))
                        .count());
    }

    @Test
    void paused_tasks_stand_still_until_they_are_resumed() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var started = sandbox.shell("while :; do echo tick; done");
            started.awaitOutput("tick");
            sandbox.kernel().pause();
            Thread.sleep(200);
            String before = started.output().text();
            Thread.sleep(200);
            assertEquals(before, started.output().text());

            sandbox.kernel().resume();

            Thread.sleep(300);
            assertTrue(started.output().text().length() > before.length());
        }
    }

    @Test
    void a_bug_in_a_system_call_ends_the_sandbox_with_a_report() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var report = new CompletableFuture<String>();
            sandbox.kernel().setCrashListener(report::complete);
            sandbox.kernel().setTracer(new SyscallTracer() {
                @Override
                public void enter(Task task, int number) {
                    throw new IllegalStateException("planted");
                }

                @Override
                public void exit(Task task, int number, long result) {}
            });
            sandbox.start("/bin/true");

            assertTrue(report.get(20, TimeUnit.SECONDS).contains("planted"));
            assertNotNull(sandbox.kernel().crashReport());
            assertTrue(sandbox.kernel().awaitTasks(TimeUnit.SECONDS.toNanos(10)));
        }
    }

    @Test
    void tasks_are_bounded_and_a_fork_bomb_ends_with_eagain() throws Exception {
        var options = new KernelOptions("bounded", 1, 1L << 30, 1024, 20, 0, 0);
        try (var sandbox = new TestSandbox(options)) {
            var started = sandbox.shell("i=0; while [ $i -lt 40 ]; do sleep 1000 & i=$((i+1)); done; echo never");

            // dash gives up with status 2 when it cannot fork.
            assertEquals(2 << 8, started.await());
            assertFalse(started.output().text().contains("never"));
        }
    }

    @Test
    void the_sandboxs_cpu_time_is_bounded() throws ErrnoException {
        var options = new KernelOptions("bounded", 1, 1L << 30, 1024, 100, 0, 1);
        try (var sandbox = new TestSandbox(options)) {
            assertEquals(SIGKILL, sandbox.shell("while :; do :; done").await());
        }
    }

    @Test
    void all_processes_share_the_sandboxs_cpu_time_and_those_that_have_ended_count() throws ErrnoException {
        var options = new KernelOptions("bounded", 1, 1L << 30, 1024, 100, 0, 1);
        try (var sandbox = new TestSandbox(options)) {
            var started = sandbox.shell(
                    "while :; do (i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done) & wait; echo round; done");

            assertEquals(SIGKILL, started.await());
            assertTrue(
                    started.output().text().contains("round\nround\n"),
                    started.output().text());
            assertTrue(sandbox.kernel().isKilledForCpuTime());
            assertTrue(sandbox.kernel().cpuNanos() >= TimeUnit.SECONDS.toNanos(1));
        }
    }

    @Test
    void an_idle_sandbox_uses_no_cpu_time() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var started = sandbox.start("/bin/sleep", "1000");
            Thread.sleep(500);
            var leader = started.process().leader();
            long before = leader.userNanos() + leader.systemNanos();
            Thread.sleep(1000);
            long used = leader.userNanos() + leader.systemNanos() - before;
            assertTrue(used < 5_000_000, used + " ns");
        }
    }

    @Test
    void a_shell_on_a_terminal_stops_continues_and_interrupts_jobs() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var shell = sandbox.startOnTerminal("/bin/bash", "--norc", "-i");
            shell.awaitShown("$ ");
            shell.type("sleep 1000\n");
            shell.awaitShown("sleep 1000");
            Thread.sleep(300);
            shell.type("\u001a"); // ^Z
            shell.awaitShown("Stopped");
            shell.awaitShown("$ ");
            shell.type("jobs\n");
            shell.awaitShown("Stopped");
            shell.type("fg\n");
            shell.awaitShown("sleep 1000\r\n");
            Thread.sleep(300);
            shell.type("\u0003"); // ^C
            shell.awaitShown("$ ");
            shell.type("echo status $?\n");
            shell.awaitShown("status 130");
            shell.type("cat &\n");
            shell.awaitShown("$ ");
            shell.type("sleep 0.2; jobs\n");
            shell.awaitShown("Stopped"); // by SIGTTIN
            shell.type("kill -KILL %1; sleep 0.2; exit 5\n");

            assertEquals(5 << 8, shell.exit().get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void an_interactive_shell_is_asked_again_when_it_is_interrupted_at_its_prompt() throws Exception {
        try (var sandbox = new TestSandbox()) {
            var shell = sandbox.startOnTerminal("/bin/dash", "-i");
            shell.awaitShown("$ ");
            shell.type("abc\u0003");
            shell.awaitShown("$ ");
            shell.type("echo still here\n");
            shell.awaitShown("\r\nstill here\r\n");
            shell.type("exit 4\n");

            assertEquals(4 << 8, shell.exit().get(20, TimeUnit.SECONDS));
        }
    }

    /** Descriptors of this process, but for those of host files, which live as long as their file system. */
    private static long descriptors() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return list.filter(KernelTest::isNoHostFile).count();
        }
    }

    private static boolean isNoHostFile(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return !target.startsWith("/") || target.startsWith("/memfd:");
        } catch (IOException e) {
            return false; // that of the listing itself
        }
    }

    private static long children() {
        return ProcessHandle.current().children().count();
    }
}
