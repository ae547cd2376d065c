package dev.picket.platform.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
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
        try (var platform = Platforms.open(Platforms.AUTO)) {
            assertTrue(Platforms.names().contains(platform.name()));
        }
    }

    @Test
    void what_works_was_measured_and_what_does_not_says_why() {
        for (var probe : Platforms.probe()) {
            assertEquals(probe.available(), probe.reason().isEmpty(), probe.toString());
            assertEquals(probe.available(), probe.roundTripNanos() > 0, probe.toString());
            assertEquals(probe.available(), probe.faultNanos() > 0, probe.toString());
            assertFalse(probe.description().isEmpty(), probe.toString());
        }
    }

    @Test
    void platforms_that_are_left_out_are_not_tried() {
        var except = new HashSet<>(Platforms.names());
        except.remove("ptrace");
        var told = new ArrayList<String>();
        Platforms.probe(except, new Platforms.Listener() {
            @Override
            public void begin(String name, String description) {
                told.add("begin " + name);
            }

            @Override
            public void end(Probe probe) {
                told.add("end " + probe.name());
            }
        });
        assertEquals(List.of("begin ptrace", "end ptrace"), told);
    }

    @Test
    void an_unknown_name_is_refused_with_the_names_there_are() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> Platforms.open("qemu"));
        for (String name : Platforms.names()) {
            assertTrue(thrown.getMessage().contains(name), thrown.getMessage());
        }
    }
}
