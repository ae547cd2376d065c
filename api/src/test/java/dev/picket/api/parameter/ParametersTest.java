package dev.picket.api.parameter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.service.failure.Failure;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "0", "no", "false", "none", "False", " NO "})
    void these_are_false(String value) {
        assertFalse(Parameters.flag(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "yes", "anything"})
    void everything_else_is_true(String value) {
        assertTrue(Parameters.flag(value));
    }

    @Test
    void times_are_seconds_with_a_fraction_or_rfc_3339() {
        assertEquals(Instant.ofEpochSecond(5), Parameters.time("since", "5"));
        assertEquals(Instant.ofEpochSecond(5, 250_000_000), Parameters.time("since", "5.25"));
        assertEquals(Instant.ofEpochSecond(5, 1), Parameters.time("since", "5.000000001"));
        assertEquals(Instant.ofEpochSecond(3600), Parameters.time("since", "1970-01-01T02:00:00+01:00"));
    }

    @Test
    void zero_is_no_time() {
        assertNull(Parameters.time("until", "0"));
        assertNull(Parameters.time("until", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yesterday", "1.2.3", "999999999999999999"})
    void what_is_no_time_is_refused(String value) {
        assertThrows(Failure.BadParameter.class, () -> Parameters.time("since", value));
    }

    @Test
    void filters_come_in_two_forms() {
        assertEquals(Map.of("status", List.of("running")), Parameters.filters("{\"status\":[\"running\"]}"));
        assertEquals(
                Map.of("status", List.of("running")),
                Parameters.filters("{\"status\":{\"running\":true,\"exited\":false}}"));
        assertEquals(Map.of(), Parameters.filters(null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "1", "{\"a\":1}"})
    void broken_filters_are_refused(String value) {
        assertThrows(Failure.BadParameter.class, () -> Parameters.filters(value));
    }
}
