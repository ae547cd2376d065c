package dev.picket.sentry.boot;

import dev.picket.platform.select.Platforms;
import dev.picket.platform.select.Probe;
import dev.picket.sentry.control.ProbeLine;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Tries the platforms of the host and prints what comes of it, line by line, so that a bad end tells which one it was. */
final class ProbeReport implements Platforms.Listener {
    private final PrintStream output;
    private final List<Probe> probes = new ArrayList<>();

    private ProbeReport(PrintStream output) {
        this.output = output;
    }

    /**
     * @param except names of platforms not to try
     * @return those that work, best first
     */
    static List<String> print(Set<String> except, PrintStream output) {
        var report = new ProbeReport(output);
        Platforms.probe(except, report);
        List<String> order = Platforms.inOrderOfPreference(report.probes);
        report.line(new ProbeLine.Order(order));
        return order;
    }

    @Override
    public void begin(String name, String description) {
        line(new ProbeLine.Begin(name, description));
    }

    @Override
    public void end(Probe probe) {
        probes.add(probe);
        line(
                probe.available()
                        ? new ProbeLine.Works(probe.name(), probe.roundTripNanos(), probe.faultNanos())
                        : new ProbeLine.Fails(probe.name(), probe.reason()));
    }

    private void line(ProbeLine line) {
        output.println(line.encode());
        output.flush();
    }
}
