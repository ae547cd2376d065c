package dev.picket.storage.planted;

/** Planted for the architecture test: breaks a rule on purpose. */
final class StorageThatKnowsReactor {
    reactor.core.publisher.Flux<String> wrong;
}
