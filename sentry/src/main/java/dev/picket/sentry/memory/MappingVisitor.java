package dev.picket.sentry.memory;

/** Takes the mappings of an address space one by one, in order of address. Called without any lock held. */
@FunctionalInterface
public interface MappingVisitor {
    void mapping(MappingInfo mapping);
}
