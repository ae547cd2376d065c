package dev.picket.storage.oci;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.picket.storage.failure.StorageException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    private static RunConfig apply(String... changes) throws StorageException {
        return ConfigChanges.apply(RunConfig.EMPTY, List.of(changes));
    }

    @Test
    void instructions_change_what_they_name() throws Exception {
        RunConfig run = apply(
                "CMD [\"sh\", \"-c\", \"echo hi\"]",
                "entrypoint /bin/tool --flag",
                "ENV A=1 B=\"two words\" C=a\\ b",
                "ENV OLD form with blanks",
                "ENV PATH=$A:/bin E=${MISSING:-none} F=${A:+set} G='$A' H=\\$A",
                "LABEL org.a=b",
                "EXPOSE 80 53/udp 8000-8002",
                "USER 1000:1000",
                "WORKDIR /srv",
                "WORKDIR app/../data",
                "VOLUME /a /b",
                "VOLUME [\"/c d\"]",
                "STOPSIGNAL SIGINT",
                "# a comment",
                "HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f localhost");

        assertEquals(List.of("sh", "-c", "echo hi"), run.command());
        assertEquals(List.of("/bin/sh", "-c", "/bin/tool --flag"), run.entrypoint());
        assertEquals(
                List.of(
                        "A=1",
                        "B=two words",
                        "C=a b",
                        "OLD=form with blanks",
                        "PATH=1:/bin",
                        "E=none",
                        "F=set",
                        "G=$A",
                        "H=$A"),
                run.environment());
        assertEquals(Map.of("org.a", "b"), run.labels());
        assertEquals(List.of("53/udp", "80/tcp", "8000/tcp", "8001/tcp", "8002/tcp"), run.exposedPorts());
        assertEquals("1000:1000", run.user());
        assertEquals("/srv/data", run.workingDirectory());
        assertEquals(List.of("/a", "/b", "/c d"), run.volumes());
        assertEquals("SIGINT", run.stopSignal());
        assertEquals(
                List.of("CMD-SHELL", "curl -f localhost"), run.healthCheck().test());
        assertEquals(90_000_000_000L, run.healthCheck().intervalNanos());
        assertEquals(3, run.healthCheck().retries());
    }

    @Test
    void lines_may_be_continued_and_share_one_change() throws Exception {
        assertEquals(List.of("A=1", "B=2"), apply("ENV A=1 \\\n  B=2").environment());
        RunConfig run = apply("USER u\nWORKDIR /w");
        assertEquals("u", run.user());
        assertEquals("/w", run.workingDirectory());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RUN rm -rf /",
                "FROM scratch",
                "nonsense",
                "ENV",
                "ENV A",
                "ENV =x",
                "EXPOSE nine",
                "EXPOSE 70000",
                "EXPOSE 9-1",
                "EXPOSE 80/icmp",
                "USER",
                "WORKDIR",
                "LABEL a=\"open",
                "ENV A=${B",
                "HEALTHCHECK CMD",
                "HEALTHCHECK --interval=x CMD a",
                "VOLUME",
                "EXPOSE 1-60000"
            })
    void bad_instructions_are_refused(String change) {
        assertThrows(StorageException.Invalid.class, () -> apply(change));
    }

    @Test
    void an_unknown_instruction_is_named_as_docker_names_it() {
        assertEquals(
                "run is not a valid change command",
                assertThrows(StorageException.Invalid.class, () -> apply("RUN x"))
                        .getMessage());
    }

    @Test
    void a_configuration_written_is_read_back() throws Exception {
        RunConfig run = apply("CMD [\"a\"]", "ENV A=b", "LABEL l=m", "EXPOSE 1", "HEALTHCHECK NONE", "VOLUME /v");
        var layer = Digest.of(new byte[] {1});
        var config = new ImageConfig(
                new ImagePlatform("linux", "arm64", "v8"),
                Instant.parse("2024-01-02T03:04:05Z"),
                "me",
                "why",
                run,
                List.of(layer),
                List.of(new ImageConfig.History(null, "step", "", "", true)));

        assertEquals(config, ConfigJson.parse(ConfigJson.write(config)));
        assertArrayEquals(ConfigJson.write(config), ConfigJson.write(config));
    }

    @Test
    void absent_and_empty_commands_differ() throws Exception {
        String json = "{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"Cmd\":[],\"Entrypoint\":null}}";
        RunConfig run = ConfigJson.parse(json.getBytes(StandardCharsets.UTF_8)).run();

        assertEquals(List.of(), run.command());
        assertNull(run.entrypoint());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{}",
                "{\"rootfs\":{\"diff_ids\":[\"sha256:12\"]}}",
                "{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"Cmd\":[1]}}",
                "{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"Env\":\"A=b\"}}",
                "{\"rootfs\":{\"diff_ids\":[]},\"created\":\"yesterday\"}"
            })
    void malformed_configurations_are_refused(String json) {
        assertThrows(StorageException.Invalid.class, () -> ConfigJson.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void nesting_without_end_is_refused() {
        byte[] json = ("{\"a\":" + "[".repeat(100_000)).getBytes(StandardCharsets.UTF_8);

        assertThrows(StorageException.Invalid.class, () -> ConfigJson.parse(json));
    }

    @Test
    void chain_ids_are_those_of_the_specification() {
        var first = new Digest("a".repeat(64));
        var second = new Digest("b".repeat(64));

        assertEquals(first, ImageConfig.chainId(List.of(first, second), 1));
        assertEquals(
                Digest.of((first + " " + second).getBytes(StandardCharsets.US_ASCII)),
                ImageConfig.chainId(List.of(first, second), 2));
    }
}
