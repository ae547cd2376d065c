package dev.picket.api.listen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenAddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"unix:///tmp/picket.sock", "tcp://127.0.0.1:2375", "tcp://127.0.0.1:0", "tcp://127.1.2.3:1"})
    void addresses_are_parsed_and_printed(String text) {
        assertEquals(text, ListenAddress.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://0.0.0.0:2375", "tcp://192.0.2.1:2375", "tcp://[::]:2375"})
    void tcp_beyond_the_loopback_is_refused(String text) {
        var error = assertThrows(IllegalArgumentException.class, () -> ListenAddress.parse(text));
        assertTrue(error.getMessage().contains("loopback"), error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/tmp/x",
                "unix://relative.sock",
                "unix://",
                "tcp://127.0.0.1",
                "tcp://127.0.0.1:65536",
                "tcp://:1",
                "tcp://127.0.0.1:2375/path",
                "http://127.0.0.1:1"
            })
    void what_is_no_address_is_refused(String text) {
        assertThrows(IllegalArgumentException.class, () -> ListenAddress.parse(text));
    }

    @ParameterizedTest
    @ValueSource(ints = {107, 108})
    void a_unix_path_has_at_most_107_bytes(int length) {
        String text = "unix:///" + "x".repeat(length - 1);
        if (length <= 107) {
            assertEquals(text, ListenAddress.parse(text).toString());
        } else {
            assertThrows(IllegalArgumentException.class, () -> ListenAddress.parse(text));
        }
    }
}
