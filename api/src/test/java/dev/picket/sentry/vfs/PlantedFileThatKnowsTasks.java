package dev.picket.sentry.vfs;

/** Planted for the architecture test: breaks a rule on purpose. */
final class PlantedFileThatKnowsTasks {
    dev.picket.sentry.kernel.Task wrong;
}
