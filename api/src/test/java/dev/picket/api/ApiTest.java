package dev.picket.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The API over TCP, as far as it answers without running anything. */
@Timeout(60)
class ApiTest {
    @TempDir
    private static Path directory;

    private static RunningApi api;
    private static final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws IOException {
        api = new RunningApi(directory, 0);
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + api.tcp().address().getPort() + path));
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return client.send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static void assertAnswer(int status, String message, HttpResponse<String> answer) {
        assertEquals("{\"message\":\"" + message + "\"}\n", answer.body());
        assertEquals(status, answer.statusCode());
        assertEquals(
                "application/json", answer.headers().firstValue("Content-Type").orElse(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/_ping", "/v1.24/_ping", "/nope", "/v1.99/info", "/containers/nope/json"})
    void every_answer_names_server_and_version(String path) throws Exception {
        var headers = get(path).headers();
        assertEquals("1.51", headers.firstValue("Api-Version").orElse(""));
        assertEquals("linux", headers.firstValue("Ostype").orElse(""));
        assertEquals("false", headers.firstValue("Docker-Experimental").orElse(""));
        assertTrue(headers.firstValue("Server").orElse("").startsWith("Picket/"));
    }

    @Test
    void ping_answers_get_and_head() throws Exception {
        assertEquals("OK", get("/_ping").body());
        var head = client.send(
                request("/_ping").method("HEAD", BodyPublishers.noBody()).build(), BodyHandlers.ofString());
        assertEquals(200, head.statusCode());
        assertEquals("", head.body());
    }

    @Test
    void paths_are_served_with_and_without_a_version() throws Exception {
        assertTrue(get("/version").body().contains("\"ApiVersion\":\"1.51\""));
        assertTrue(get("/v1.41/version").body().contains("\"MinAPIVersion\":\"1.24\""));
    }

    @Test
    void unknown_pages_and_methods_are_not_found() throws Exception {
        assertAnswer(404, "page not found", get("/nope"));
        assertAnswer(404, "page not found", post("/info", "{}"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "|{\"Image\":|, unexpected EOF",
                "||, got EOF while reading request body",
            })
    void malformed_json_is_a_bad_request(String body, String problem) throws Exception {
        assertAnswer(400, "invalid JSON: " + problem, post("/containers/create", body == null ? "" : body));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not json",
                "[]",
                "{\"Image\":{}}",
                "{\"Cmd\":5,\"Image\":[]}",
                "{\"Image\":\"x\"} trailing",
                "{\"HostConfig\":7}"
            })
    void wrong_json_is_a_bad_request(String body) throws Exception {
        var answer = post("/containers/create", body);
        assertEquals(400, answer.statusCode(), answer.body());
        assertTrue(answer.body().startsWith("{\"message\":\"invalid JSON: "), answer.body());
    }

    @Test
    void another_content_type_is_a_bad_request() throws Exception {
        var answer = client.send(
                request("/containers/create")
                        .header("Content-Type", "text/plain")
                        .POST(BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
        assertEquals(400, answer.statusCode());
        assertTrue(answer.body().contains("unsupported Content-Type"), answer.body());
    }

    @Test
    void a_huge_body_is_refused() throws Exception {
        var answer = post("/containers/create", "{\"Image\":\"" + "x".repeat(5 << 20) + "\"}");
        assertEquals(400, answer.statusCode(), answer.body());
    }

    @Test
    void unknown_things_are_not_found_in_dockers_words() throws Exception {
        assertAnswer(404, "No such container: nope", get("/containers/nope/json"));
        assertAnswer(404, "No such image: nope:latest", get("/images/nope/json"));
        assertAnswer(
                404, "No such image: nope:latest", post("/containers/create", "{\"Image\":\"nope\",\"Cmd\":[\"x\"]}"));
        assertAnswer(404, "network nope not found", get("/networks/nope"));
    }

    @Test
    void an_unknown_runtime_is_a_bad_request() throws Exception {
        var answer = post(
                "/containers/create", "{\"Image\":\"host\",\"Cmd\":[\"true\"],\"HostConfig\":{\"Runtime\":\"bogus\"}}");
        assertEquals(400, answer.statusCode());
        assertTrue(answer.body().contains("bogus"), answer.body());
    }

    @Test
    void a_container_is_created_inspected_listed_and_removed() throws Exception {
        var created = post(
                "/v1.43/containers/create?name=made",
                "{\"Image\":\"host\",\"Cmd\":[\"sh\",\"-c\",\"x\"],\"Env\":[\"A=1\"],\"Labels\":{\"l\":\"v\"},"
                        + "\"HostConfig\":{\"NetworkMode\":\"none\",\"BlkioWeight\":7}}");
        assertEquals(201, created.statusCode(), created.body());
        var inspected = get("/containers/made/json").body();
        for (String part : new String[] {
            "\"Name\":\"/made\"",
            "\"Path\":\"sh\"",
            "\"Args\":[\"-c\",\"x\"]",
            "\"Status\":\"created\"",
            "\"NetworkMode\":\"none\"",
            "\"BlkioWeight\":7",
            "\"Labels\":{\"l\":\"v\"}",
            "\"A=1\"",
            "\"ExitCode\":0"
        }) {
            assertTrue(inspected.contains(part), part + " is missing in " + inspected);
        }
        assertTrue(get("/containers/json?all=1").body().contains("\"/made\""));
        assertEquals("[]\n", get("/containers/json").body().strip() + "\n");
        var again = post("/containers/create?name=made", "{\"Image\":\"host\",\"Cmd\":[\"x\"]}");
        assertEquals(409, again.statusCode());
        assertTrue(again.body().contains("Conflict. The container name \\\"/made\\\" is already in use"), again.body());
        var removed = client.send(request("/containers/made").DELETE().build(), BodyHandlers.ofString());
        assertEquals(204, removed.statusCode());
    }

    @Test
    void pulling_is_refused_clearly() throws Exception {
        var answer = post("/images/create?fromImage=library/busybox&tag=latest", "");
        assertEquals(501, answer.statusCode());
        assertTrue(answer.body().contains("library/busybox:latest"), answer.body());
    }

    @Test
    void a_broken_archive_is_refused_and_the_service_stays() throws Exception {
        assertTrue(post("/images/create?fromSrc=-&repo=x", "garbage").statusCode() >= 400);
        assertTrue(post("/images/load", "garbage").statusCode() >= 400);
        assertEquals("OK", get("/_ping").body());
    }

    @Test
    void logs_need_a_stream() throws Exception {
        assertAnswer(400, "Bad parameters: you must choose at least one stream", get("/containers/x/logs"));
    }

    @Test
    void swarm_is_refused_as_docker_does() throws Exception {
        var answer = get("/nodes");
        assertEquals(503, answer.statusCode());
        assertTrue(answer.body().contains("This node is not a swarm manager."), answer.body());
    }

    @Test
    void a_page_of_another_origin_is_refused() throws Exception {
        var answer = client.send(
                request("/_ping").header("Origin", "http://evil.example").build(), BodyHandlers.ofString());
        assertAnswer(403, "permission denied: cross-origin request", answer);
    }

    @Test
    void the_specification_is_served_as_json_and_yaml() throws Exception {
        assertTrue(get("/openapi").body().startsWith("{\"openapi\":\"3."));
        assertTrue(get("/openapi.yaml").body().startsWith("openapi: 3."));
    }

    @Test
    void platforms_are_listed() throws Exception {
        assertTrue(get("/picket/v1/platforms").body().contains("\"name\":\"ptrace\""));
    }

    @Test
    void past_events_end() throws Exception {
        post("/containers/create?name=eventful", "{\"Image\":\"host\",\"Cmd\":[\"x\"]}");
        long now = System.currentTimeMillis() / 1000 + 1;
        Thread.sleep(1100);
        var events = get("/events?since=1&until=" + now).body();
        assertTrue(events.contains("\"Action\":\"create\""), events);
        assertTrue(get("/events?since=1&until=" + now + "&filters=%7B%22type%22%3A%5B%22image%22%5D%7D")
                .body()
                .isEmpty());
    }
}
