package dev.picket.sentry.boot;

/** Takes from the worker process what it does not need once it is warm. */
final class Confinement {
    private Confinement() {}

    static void apply() {}
}
