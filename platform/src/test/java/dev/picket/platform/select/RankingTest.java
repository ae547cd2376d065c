package dev.picket.platform.select;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static Probe works(String name, long roundTripNanos, long faultNanos) {
        return new Probe(name, "", true, "", roundTripNanos, faultNanos);
    }

    private static Probe fails(String name) {
        return new Probe(name, "", false, "no", 0, 0);
    }

    private static List<String> order(Probe... probes) {
        return Platforms.inOrderOfPreference(List.of(probes));
    }

    @Test
    void the_cheapest_comes_first() {
        assertEquals(
                List.of("b", "a", "c"),
                order(works("a", 4_000, 20_000), works("b", 2_000, 9_000), works("c", 95_000, 98_000)));
    }

    @Test
    void what_does_not_work_is_not_there() {
        assertEquals(List.of("b"), order(fails("a"), works("b", 2_000, 9_000), fails("c")));
        assertEquals(List.of(), order(fails("a")));
    }

    @Test
    void a_faster_call_outweighs_a_slower_fault_until_it_is_ten_times_as_slow() {
        assertEquals(List.of("b", "a"), order(works("a", 3_000, 10_000), works("b", 2_000, 15_000)));
        assertEquals(List.of("a", "b"), order(works("a", 3_000, 10_000), works("b", 2_000, 25_000)));
    }

    @Test
    void within_a_tenth_the_more_robust_one_wins() {
        assertEquals(List.of("a", "b"), order(works("a", 2_000, 10_000), works("b", 1_900, 9_500)));
        assertEquals(List.of("b", "a"), order(works("a", 2_000, 10_000), works("b", 1_750, 8_500)));
    }
}
