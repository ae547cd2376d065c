package dev.picket.api.version;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionFilterTest {
    @ParameterizedTest
    @ValueSource(strings = {"1.24", "1.40", "1.51"})
    void versions_between_minimum_and_maximum_are_accepted(String text) {
        assertNull(VersionFilter.refusal(ApiVersion.parse(text), text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.52", "1.99", "2.0", "2", "10"})
    void newer_versions_are_refused_in_dockers_words(String text) {
        assertEquals(
                "client version " + text + " is too new. Maximum supported API version is 1.51",
                VersionFilter.refusal(ApiVersion.parse(text), text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.23", "1.9", "1", "0.1"})
    void older_versions_are_refused_in_dockers_words(String text) {
        assertEquals(
                "client version " + text + " is too old. Minimum supported API version is 1.24, please upgrade your"
                        + " client to a newer version",
                VersionFilter.refusal(ApiVersion.parse(text), text));
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "1.", "1.2.3", "99999999999999999999.1"})
    void what_is_no_version_is_refused(String text) {
        assertEquals("invalid version format: " + text, VersionFilter.refusal(ApiVersion.parse(text), text));
    }

    @Test
    void versions_compare_as_numbers() {
        assertEquals(1, Integer.signum(new ApiVersion(1, 40).compareTo(new ApiVersion(1, 5))));
        assertEquals(-1, Integer.signum(new ApiVersion(1, 40).compareTo(new ApiVersion(2, 0))));
    }
}
