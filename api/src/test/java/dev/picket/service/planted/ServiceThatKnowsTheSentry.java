package dev.picket.service.planted;

/** Planted for the architecture test: breaks a rule on purpose. */
final class ServiceThatKnowsTheSentry {
    dev.picket.sentry.errno.ErrnoException wrong;
}
