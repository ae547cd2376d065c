package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Names of containers: what is a valid one, and random ones. */
final class Names {
    private static final Pattern VALID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");
    private static final int LONGEST = 255;

    private static final List<String> ADJECTIVES = List.of(
            "agile",
            "amber",
            "ample",
            "brave",
            "bright",
            "brisk",
            "calm",
            "candid",
            "clear",
            "clever",
            "cosy",
            "crisp",
            "eager",
            "early",
            "fair",
            "fleet",
            "fond",
            "fresh",
            "gentle",
            "glad",
            "golden",
            "grand",
            "happy",
            "hardy",
            "humble",
            "jolly",
            "keen",
            "kind",
            "lively",
            "loyal",
            "lucid",
            "lucky",
            "mellow",
            "merry",
            "mild",
            "modest",
            "neat",
            "nimble",
            "noble",
            "patient",
            "plain",
            "polite",
            "proud",
            "quick",
            "quiet",
            "rapid",
            "ready",
            "serene",
            "sharp",
            "silent",
            "silver",
            "smooth",
            "solid",
            "steady",
            "sturdy",
            "sunny",
            "swift",
            "tidy",
            "tranquil",
            "trusty",
            "vivid",
            "warm",
            "wise",
            "witty");

    private static final List<String> NOUNS = List.of(
            "acorn", "anchor", "aspen", "badger", "beacon", "birch", "bison", "breeze", "bridge", "brook", "canyon",
            "cedar", "cliff", "comet", "coral", "crane", "delta", "dune", "eagle", "ember", "falcon", "fern", "finch",
            "fjord", "garnet", "glade", "grove", "harbor", "hawk", "heath", "heron", "island", "juniper", "lagoon",
            "lantern", "larch", "lynx", "maple", "marten", "meadow", "meteor", "mill", "oak", "orchid", "osprey",
            "otter", "pebble", "pine", "plover", "quartz", "raven", "reef", "ridge", "river", "rowan", "sable",
            "spruce", "stone", "swan", "thistle", "tower", "willow", "wren", "yarrow");

    private Names() {}

    /** The name without its slash. @throws Failure.BadParameter if it is no valid one */
    static String checked(String name) {
        String bare = name.startsWith("/") ? name.substring(1) : name;
        if (bare.length() > LONGEST || !VALID.matcher(bare).matches()) {
            throw new Failure.BadParameter(
                    "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
        }
        return bare;
    }

    /** A random name that is free. */
    static String random(Random random, Predicate<String> isFree) {
        for (int attempt = 0; ; attempt++) {
            String name =
                    ADJECTIVES.get(random.nextInt(ADJECTIVES.size())) + "_" + NOUNS.get(random.nextInt(NOUNS.size()));
            if (attempt >= 6) {
                name += Integer.toString(random.nextInt(1 << 20), 36);
            }
            if (isFree.test(name)) {
                return name;
            }
        }
    }
}
