package dev.picket.service.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.service.worker.WorkerLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The process that tries platforms, played by shell scripts, and once for real. */
@Timeout(60)
class ProbeProcessTest {
    private static PlatformTable run(String script) {
        return ProbeProcess.run(List.of("/bin/sh", "-c", script, "probe"));
    }

    @Test
    void its_lines_become_a_table() {
        var table = run("printf 'begin\\ta\\tthe first\\nworks\\ta\\t4000\\t20000\\nsome warning\\n"
                + "begin\\tb\\tthe second\\nfails\\tb\\tno such device\\norder\\ta\\n'");
        assertEquals(
                List.of(
                        new PlatformStatus("a", "the first", true, "", 4000, 20000),
                        new PlatformStatus("b", "the second", false, "no such device", 0, 0)),
                table.all());
        assertEquals(List.of("a"), table.order());
    }

    @Test
    void a_platform_that_takes_the_process_with_it_does_not_hide_the_others() {
        var table = run("case \" $* \" in *' b '*) ;; *) printf 'begin\\tb\\tdeadly\\n'; kill -SEGV $$ ;; esac;"
                + "printf 'begin\\ta\\tgood\\nworks\\ta\\t4000\\t20000\\norder\\ta\\n'");
        assertEquals(
                "the process that tried it ended with signal 11",
                table.find("b").orElseThrow().reason());
        assertTrue(table.find("a").orElseThrow().available());
        assertEquals(List.of("a"), table.order());
    }

    @Test
    void a_process_that_tells_nothing_leaves_an_empty_table() {
        assertEquals(new PlatformTable(List.of(), List.of()), run("exit 3"));
        assertEquals(new PlatformTable(List.of(), List.of()), ProbeProcess.run(List.of("/there/is/no/such/program")));
    }

    @Test
    void the_real_one_finds_a_platform_here() {
        var table = ProbeProcess.run(WorkerLayout.ofClassPath(System.getProperty("java.class.path")));
        assertFalse(table.order().isEmpty(), table.reasons());
        var best = table.find(table.order().get(0)).orElseThrow();
        assertTrue(best.available() && best.roundTripNanos() > 0 && best.faultNanos() > 0, best.toString());
    }
}
