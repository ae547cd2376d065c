package dev.picket.storage.planted;

/** Planted for the architecture test: breaks a rule on purpose. */
final class StorageThatKnowsTheSentry {
    dev.picket.sentry.errno.ErrnoException wrong;
}
