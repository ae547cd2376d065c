package dev.picket.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.picket.api.DockerCli.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.api.io.TempDir;

/** What users do with the docker command line, end to end: CLI, API, service, worker, Sentry, busybox. */
@Timeout(180)
class DockerCliTest {
    @TempDir
    private static Path directory;

    private static RunningApi api;
    private static DockerCli cli;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(DockerCli.isInstalled("docker"), "the docker command line is not installed");
        assumeTrue(Files.isExecutable(GuestImages.BUSYBOX), "Debian's busybox-static is not installed");
        api = new RunningApi(directory, 2);
        cli = new DockerCli(api.unix().toString());
        Path archive = GuestImages.busybox(directory);
        Result imported = cli.docker("import", "-c", "CMD [\"sh\"]", archive.toString(), "busybox:latest");
        assertEquals(0, imported.status(), imported.toString());
    }

    @AfterAll
    static void stop() {
        if (api != null) {
            api.close();
        }
    }

    private static Result docker(String... arguments) throws IOException, InterruptedException {
        return cli.docker(arguments);
    }

    private static void assertResult(int status, String output, Result result) {
        assertEquals(output, result.output(), result.toString());
        assertEquals(status, result.status(), result.toString());
    }

    // Images

    @Test
    void the_imported_image_is_listed_and_inspected() throws Exception {
        assertTrue(docker("images").output().contains("busybox"));
        assertResult(0, "[sh]\n", docker("image", "inspect", "-f", "{{.Config.Cmd}}", "busybox"));
    }

    @Test
    void an_archive_as_docker_saves_it_is_loaded_run_and_removed() throws Exception {
        Path archive = GuestImages.dockerArchive(directory, "example.com/team/copy:1");
        assertResult(0, "Loaded image: example.com/team/copy:1\n", docker("load", "-q", "-i", archive.toString()));
        assertResult(0, "from the image\n", docker("run", "--rm", "example.com/team/copy:1"));
        assertResult(0, "", docker("tag", "example.com/team/copy:1", "copy:2"));
        assertEquals(0, docker("rmi", "copy:2", "example.com/team/copy:1").status());
        assertEquals(1, docker("image", "inspect", "copy:2").status());
    }

    // Runs

    @Test
    void output_arrives() throws Exception {
        assertResult(0, "hi\n", docker("run", "--rm", "busybox", "echo", "hi"));
    }

    @Test
    void a_container_runs_on_each_platform_that_works_here_by_its_runtime() throws Exception {
        String listed = docker("info", "--format", "{{range $name, $runtime := .Runtimes}}{{$name}} {{end}}")
                .output()
                .strip();
        List<String> runtimes = List.of(listed.split(" "));
        assertTrue(runtimes.containsAll(List.of("auto", "ptrace")), listed);
        for (String runtime : runtimes) {
            assertResult(0, "hi\n", docker("run", "--rm", "--runtime", runtime, "busybox", "echo", "hi"));
        }
    }

    @Test
    void input_is_passed_on_to_its_end() throws Exception {
        assertResult(
                0,
                "data\n",
                cli.dockerWithInput("data\n".getBytes(StandardCharsets.UTF_8), "run", "-i", "--rm", "busybox", "cat"));
    }

    @Test
    void a_large_input_comes_back_whole() throws Exception {
        byte[] data = "0123456789abcde\n".repeat(512 * 1024).getBytes(StandardCharsets.US_ASCII);
        Result result = cli.dockerWithInput(data, "run", "-i", "--rm", "busybox", "cat");
        assertEquals(0, result.status(), result.error());
        assertEquals(data.length, result.output().length());
        assertTrue(result.output().equals(new String(data, StandardCharsets.US_ASCII)));
    }

    @Test
    void the_two_streams_are_apart_and_the_status_is_the_programs() throws Exception {
        Result result = docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertEquals(new Result(7, "out\n", "err\n"), result);
    }

    @Test
    void environment_directory_user_and_host_name_are_as_asked_for() throws Exception {
        Result result = docker(
                "run",
                "--rm",
                "-e",
                "A=1",
                "-w",
                "/tmp",
                "-u",
                "nobody",
                "-h",
                "box",
                "busybox",
                "sh",
                "-c",
                "echo $A $(pwd) $(id -u) $(hostname)");
        assertResult(0, "1 /tmp 65534 box\n", result);
    }

    @Test
    void failures_to_start_have_dockers_statuses() throws Exception {
        assertEquals(127, docker("run", "--rm", "busybox", "nosuchprogram").status());
        assertEquals(127, docker("run", "--rm", "busybox", "/no/such/file").status());
        assertEquals(126, docker("run", "--rm", "busybox", "/etc/passwd").status());
        assertEquals(
                125,
                docker("run", "--rm", "--runtime", "bogus", "busybox", "true").status());
        assertEquals(125, docker("run", "--rm", "nosuchimage", "true").status());
        assertEquals(
                125,
                docker("run", "--rm", "--network", "host", "busybox", "true").status());
        assertEquals(
                125, docker("run", "--rm", "-v", "/etc:/mnt", "busybox", "true").status());
        assertEquals(
                125,
                docker("run", "--rm", "--device", "/dev/kvm", "busybox", "true").status());
    }

    // Containers in the background

    private static String runDetached(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("run", "-d"));
        all.addAll(List.of(arguments));
        Result result = docker(all.toArray(String[]::new));
        assertEquals(0, result.status(), result.toString());
        String id = result.output().strip();
        assertEquals(64, id.length(), result.toString());
        return id;
    }

    @Test
    void logs_follow_line_by_line_as_they_are_written() throws Exception {
        String id = runDetached("busybox", "sh", "-c", "for i in 1 2 3; do echo line $i; sleep 1; done");
        Process follower = cli.startDocker("logs", "-f", id);
        try (var lines = new BufferedReader(new InputStreamReader(follower.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("line 1", lines.readLine());
            long first = System.nanoTime();
            assertEquals("line 2", lines.readLine());
            assertEquals("line 3", lines.readLine());
            long apart = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - first);
            assertTrue(apart > 1000, "lines came together, within " + apart + " ms");
            assertEquals(null, lines.readLine());
        }
        assertTrue(follower.waitFor(30, TimeUnit.SECONDS));
        assertResult(0, "line 3\n", docker("logs", "--tail", "1", id));
        assertTrue(
                docker("logs", "-t", id).output().matches("(?s)\\d{4}-\\d\\d-\\d\\dT[0-9:]{8}\\.\\d{9}Z line 1\n.*"));
        assertEquals(0, docker("rm", id).status());
    }

    @Test
    void a_signal_reaches_a_trap_and_wait_tells_the_status() throws Exception {
        String id = runDetached(
                "busybox", "sh", "-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done");
        awaitLog(id, "up");
        assertEquals(0, docker("kill", "-s", "TERM", id).status());
        assertResult(0, "3\n", docker("wait", id));
        assertTrue(docker("logs", id).output().endsWith("bye\n"));
        assertTrue(docker("ps", "-a", "--no-trunc").output().contains(id));
        assertResult(0, "exited 3\n", docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", id));
        assertResult(0, id + "\n", docker("rm", "-f", id));
        assertEquals(1, docker("inspect", id).status());
    }

    @Test
    void a_killed_container_exits_with_137() throws Exception {
        String id = runDetached("--name", "victim", "busybox", "sleep", "1000");
        assertTrue(docker("ps").output().contains("victim"));
        assertEquals(0, docker("kill", "victim").status());
        assertResult(0, "137\n", docker("wait", "victim"));
        assertResult(0, "false 137\n", docker("inspect", "-f", "{{.State.Running}} {{.State.ExitCode}}", id));
        assertEquals(0, docker("rm", "victim").status());
    }

    @Test
    void stop_ends_a_container_that_ignores_it() throws Exception {
        String id = runDetached("busybox", "sleep", "1000");
        assertEquals(0, docker("stop", "-t", "1", id).status());
        assertResult(0, "137\n", docker("wait", id));
        assertEquals(0, docker("start", id).status());
        assertResult(0, "true\n", docker("inspect", "-f", "{{.State.Running}}", id));
        assertEquals(1, docker("rm", id).status());
        assertEquals(0, docker("rm", "-f", id).status());
    }

    private static void awaitLog(String id, String text) throws IOException, InterruptedException {
        for (int i = 0; i < 100; i++) {
            if (docker("logs", id).output().contains(text)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no '" + text + "' in the log of " + id);
    }

    // Execs

    @Test
    void exec_runs_beside_the_first_process_with_its_own_streams_and_status() throws Exception {
        String id = runDetached("busybox", "sh", "-c", "echo secret > /tmp/x; sleep 1000");
        assertResult(0, "secret\n", docker("exec", id, "cat", "/tmp/x"));
        assertEquals(new Result(5, "out\n", "err\n"), docker("exec", id, "sh", "-c", "echo out; echo err >&2; exit 5"));
        assertResult(
                0, "typed\n", cli.dockerWithInput("typed\n".getBytes(StandardCharsets.UTF_8), "exec", "-i", id, "cat"));
        assertEquals(127, docker("exec", id, "nosuchprogram").status());
        assertEquals(0, docker("exec", "-d", id, "touch", "/tmp/made").status());
        assertEquals(0, docker("rm", "-f", id).status());
    }

    // Terminals

    @Test
    void a_terminal_has_the_window_size_and_job_control() throws Exception {
        assumeTrue(DockerCli.isInstalled("script"), "script(1) is not installed");
        Result result = cli.dockerOnTerminal(
                List.of(
                        "stty size\n",
                        "sleep 1000\n",
                        "\u0003",
                        "echo status $?\n",
                        "sleep 1000\n",
                        "\u001a",
                        "jobs\n",
                        "kill %1\n",
                        "wait\n",
                        "exit 6\n"),
                "run --rm -it busybox sh");
        assertTrue(result.output().contains("37 91"), result.toString());
        assertTrue(result.output().contains("status 130"), result.toString());
        assertTrue(result.output().contains("Stopped"), result.toString());
        assertEquals(6, result.status(), result.toString());
    }

    @Test
    void exec_has_a_terminal_too() throws Exception {
        assumeTrue(DockerCli.isInstalled("script"), "script(1) is not installed");
        String id = runDetached("busybox", "sleep", "1000");
        Result result = cli.dockerOnTerminal(List.of("tty; stty size\n", "exit 4\n"), "exec -it " + id + " sh");
        assertTrue(result.output().contains("/dev/pts/"), result.toString());
        assertTrue(result.output().contains("37 91"), result.toString());
        assertEquals(4, result.status(), result.toString());
        assertEquals(0, docker("rm", "-f", id).status());
    }

    // Several at once

    @Test
    void twenty_at_once_keep_their_output_apart() throws Exception {
        List<Callable<Result>> runs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String script = "i=0; while [ $i -lt 200 ]; do echo " + i + ":$i; i=$((i+1)); done";
            runs.add(() -> docker("run", "--rm", "busybox", "sh", "-c", script));
        }
        ExecutorService executor = Executors.newFixedThreadPool(20);
        try {
            List<Future<Result>> results = executor.invokeAll(runs);
            for (int i = 0; i < results.size(); i++) {
                var expected = new StringBuilder();
                for (int line = 0; line < 200; line++) {
                    expected.append(i).append(':').append(line).append('\n');
                }
                assertResult(0, expected.toString(), results.get(i).get());
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void the_death_of_one_worker_costs_one_container() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ids.add(runDetached("busybox", "sh", "-c", "echo up; sleep 8; echo done"));
        }
        for (String id : ids) {
            awaitLog(id, "up");
        }
        long worker = Long.parseLong(
                docker("inspect", "-f", "{{.State.Pid}}", ids.get(0)).output().strip());
        assertTrue(ProcessHandle.of(worker).orElseThrow().destroyForcibly());
        assertResult(0, "137\n", docker("wait", ids.get(0)));
        assertFalse(
                docker("inspect", "-f", "{{.State.Error}}", ids.get(0)).output().isBlank());
        for (String id : ids.subList(1, 6)) {
            assertResult(0, "0\n", docker("wait", id));
            assertResult(0, "up\ndone\n", docker("logs", id));
        }
        assertEquals(0, docker("container", "prune", "-f").status());
    }

    // Whole programs

    @Test
    void a_shell_script_of_this_machines_bash_passes_its_own_checks() throws Exception {
        Result result = cli.dockerWithInput(resource("guest/features.sh"), "run", "-i", "--rm", "host", "bash", "-s");
        assertTrue(result.output().endsWith(" 0 failed\n"), result.toString());
        assertEquals(0, result.status(), result.toString());
    }

    @Test
    void a_python_program_of_this_machine_passes_its_own_checks() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "Debian's python3 is not installed");
        Result result = cli.dockerWithInput(
                resource("guest/features.py"),
                "run",
                "-i",
                "--rm",
                "host",
                "sh",
                "-c",
                "cat > /tmp/features.py; exec /usr/bin/python3 /tmp/features.py");
        assertEquals(0, result.status(), result.toString());
        assertTrue(result.error().contains("\nOK"), result.toString());
    }

    private static byte[] resource(String name) throws IOException {
        try (var stream = DockerCliTest.class.getClassLoader().getResourceAsStream(name)) {
            return stream.readAllBytes();
        }
    }
}
