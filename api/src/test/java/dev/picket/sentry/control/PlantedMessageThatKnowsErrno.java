package dev.picket.sentry.control;

/** Planted for the architecture test: breaks a rule on purpose. */
final class PlantedMessageThatKnowsErrno {
    dev.picket.sentry.errno.ErrnoException wrong;
}
