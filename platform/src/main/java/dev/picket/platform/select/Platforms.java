package dev.picket.platform.select;

import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds platforms: by name, or the fastest that works on this machine. */
public final class Platforms {
    /** The name that stands for the fastest platform that works. */
    public static final String AUTO = "auto";

    private Platforms() {}

    /** What {@link #probe(Set, Listener)} tells while it goes on. */
    public interface Listener {
        /** A platform is about to be tried; if it takes the process with it, this was the last that was heard. */
        void begin(String name, String description);

        /** It was tried. */
        void end(Probe probe);
    }

    /** The names that {@link #open} takes, without {@link #AUTO}. */
    public static List<String> names() {
        var names = new ArrayList<String>();
        for (var kind : PlatformKind.values()) {
            names.add(kind.id());
        }
        return List.copyOf(names);
    }

    /** Runs a guest program on each platform and says what came of it; takes some milliseconds each. */
    public static List<Probe> probe() {
        var probes = new ArrayList<Probe>();
        for (var kind : PlatformKind.values()) {
            probes.add(PlatformProbe.probe(kind));
        }
        return List.copyOf(probes);
    }

    /**
     * The same, step by step, for a process that may not survive it.
     *
     * @param except names of platforms not to try
     */
    public static void probe(Set<String> except, Listener listener) {
        for (var kind : PlatformKind.values()) {
            if (!except.contains(kind.id())) {
                listener.begin(kind.id(), kind.description());
                listener.end(PlatformProbe.probe(kind));
            }
        }
    }

    /** The names of those that work, the one that {@link #AUTO} stands for first. */
    public static List<String> inOrderOfPreference(List<Probe> probes) {
        return Ranking.best(probes).stream().map(Probe::name).toList();
    }

    /**
     * The name that a user's choice stands for: itself, or for {@link #AUTO} the fastest platform that works here.
     *
     * @throws IllegalArgumentException if there is no platform of that name
     * @throws PlatformException if none works; the message says why for each
     */
    public static String resolve(String name) {
        if (!name.equals(AUTO)) {
            return kind(name).id();
        }
        List<Probe> probes = probe();
        return inOrderOfPreference(probes).stream()
                .findFirst()
                .orElseThrow(() -> new PlatformException("no platform works on this machine: "
                        + probes.stream()
                                .map(probe -> probe.name() + ": " + probe.reason())
                                .collect(Collectors.joining("; "))));
    }

    /**
     * Opens a platform, with new guest memory.
     *
     * @param name one of {@link #names}, or {@link #AUTO}
     * @throws IllegalArgumentException if there is no platform of that name
     * @throws PlatformException if it does not work on this machine
     */
    public static Platform open(String name) {
        return kind(resolve(name)).open();
    }

    private static PlatformKind kind(String name) {
        for (var kind : PlatformKind.values()) {
            if (kind.id().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "unknown platform \"" + name + "\"; there are " + String.join(", ", names()) + " and " + AUTO);
    }
}
