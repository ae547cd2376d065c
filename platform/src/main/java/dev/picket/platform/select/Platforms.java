package dev.picket.platform.select;

import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import java.util.ArrayList;
import java.util.List;

/** Finds platforms: by name, or the fastest that works on this machine. */
public final class Platforms {
    /** The name that stands for the fastest platform that works. */
    public static final String AUTO = "auto";

    private Platforms() {}

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
     * The name that a user's choice stands for: itself, or for {@link #AUTO} the fastest platform that works here.
     *
     * @throws IllegalArgumentException if there is no platform of that name
     * @throws PlatformException if none works; the message says why for each
     */
    public static String resolve(String name) {
        return name.equals(AUTO) ? fastest(probe()) : kind(name).id();
    }

    private static String fastest(List<Probe> probes) {
        Probe best = null;
        var reasons = new ArrayList<String>();
        for (var probe : probes) {
            if (!probe.available()) {
                reasons.add(probe.name() + ": " + probe.reason());
            } else if (best == null || probe.roundTripNanos() < best.roundTripNanos()) {
                best = probe;
            }
        }
        if (best == null) {
            throw new PlatformException("no platform works on this machine: " + String.join("; ", reasons));
        }
        return best.name();
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
