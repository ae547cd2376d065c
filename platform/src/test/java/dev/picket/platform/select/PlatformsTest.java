package dev.picket.platform.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlatformsTest {
    @Test
    void ptrace_works_here_and_auto_finds_something() {
        var probes = Platforms.probe();
        assertEquals(Platforms.names(), probes.stream().map(Probe::name).toList());
        var ptrace = probes.get(0);
        assertEquals("ptrace", ptrace.name());
        assertTrue(ptrace.available(), ptrace.reason());
        assertTrue(ptrace.roundTripNanos() > 0);
        try (var platform = Platforms.open(Platforms.AUTO)) {
            assertTrue(Platforms.names().contains(platform.name()));
        }
    }

    @Test
    void an_unknown_name_is_refused_with_the_names_there_are() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> Platforms.open("qemu"));
        assertTrue(thrown.getMessage().contains("ptrace"), thrown.getMessage());
        assertEquals(List.of("ptrace"), Platforms.names());
    }
}
