package dev.picket.sentry.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeLineTest {
    @Test
    void every_kind_of_line_comes_back_as_it_was() {
        for (ProbeLine line : List.of(
                new ProbeLine.Begin("ptrace", "stub processes; works almost anywhere"),
                new ProbeLine.Works("ptrace", 4_000, 20_000),
                new ProbeLine.Fails("kvm", "there is no /dev/kvm"),
                new ProbeLine.Order(List.of("seccomp", "ptrace")),
                new ProbeLine.Order(List.of()))) {
            assertEquals(line, ProbeLine.parse(line.encode()));
        }
    }

    @Test
    void a_reason_of_several_lines_stays_one_line() {
        assertEquals(new ProbeLine.Fails("a", "x y z"), ProbeLine.parse(new ProbeLine.Fails("a", "x\ny\tz").encode()));
    }

    @Test
    void other_text_is_no_line() {
        for (String text :
                List.of("", "OpenJDK warning", "works\tx", "works\tx\t-1\t2", "works\tx\ta\tb", "begin\tx")) {
            assertNull(ProbeLine.parse(text), text);
        }
    }
}
