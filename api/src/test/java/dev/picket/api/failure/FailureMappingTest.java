package dev.picket.api.failure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.service.failure.Failure;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class FailureMappingTest {
    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new Failure.NotFound("m"), 404),
                Arguments.of(new Failure.Conflict("m"), 409),
                Arguments.of(new Failure.BadParameter("m"), 400),
                Arguments.of(new Failure.NotModified("m"), 304),
                Arguments.of(new Failure.Forbidden("m"), 403),
                Arguments.of(new Failure.NotImplemented("m"), 501),
                Arguments.of(new Failure.Unavailable("m"), 503),
                Arguments.of(new Failure.Internal("m"), 500));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void each_failure_has_its_status_and_keeps_its_message(Failure failure, int status) {
        var answer = FailureMapping.answer(failure);
        assertEquals(status, answer.status().value());
        assertEquals("m", answer.message());
    }

    @Test
    void every_kind_of_failure_is_listed_above() {
        assertEquals(Failure.class.getPermittedSubclasses().length, failures().count());
    }

    @Test
    void a_failure_inside_a_stage_is_found() {
        var answer = FailureMapping.answer(
                new CompletionException(new CompletionException(new Failure.Conflict("already in use"))));
        assertEquals(new FailureMapping.Answer(HttpStatus.CONFLICT, "already in use"), answer);
    }

    @Test
    void unknown_pages_and_wrong_methods_read_as_dockers() {
        var answer = FailureMapping.answer(new ResponseStatusException(HttpStatus.NOT_FOUND));
        assertEquals(new FailureMapping.Answer(HttpStatus.NOT_FOUND, "page not found"), answer);
    }

    @Test
    void broken_json_is_a_bad_request() {
        try {
            JsonMapper.shared().readTree("{\"Image\": ");
        } catch (JacksonException e) {
            assertEquals(
                    new FailureMapping.Answer(HttpStatus.BAD_REQUEST, "invalid JSON: unexpected EOF"),
                    FailureMapping.answer(e));
            return;
        }
        throw new AssertionError("broken JSON was parsed");
    }

    @Test
    void a_full_queue_is_unavailable() {
        assertEquals(
                503,
                FailureMapping.answer(new RejectedExecutionException("full"))
                        .status()
                        .value());
    }

    @Test
    void a_bug_is_an_internal_error() {
        var answer = FailureMapping.answer(new IllegalStateException("oops"));
        assertEquals(500, answer.status().value());
        assertTrue(answer.message().startsWith("internal error"), answer.message());
    }
}
