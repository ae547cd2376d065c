package dev.picket.sentry.kernel;

/** Planted for the architecture test: breaks a rule on purpose. */
final class PlantedGlobal {
    static int wrong;
}
