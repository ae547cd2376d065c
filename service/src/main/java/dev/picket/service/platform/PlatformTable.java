package dev.picket.service.platform;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What came of trying the platforms of this host.
 *
 * @param all in the order in which they were tried
 * @param order names of those that work, the one that is taken if nobody asks for another first
 */
public record PlatformTable(List<PlatformStatus> all, List<String> order) {
    /** The status of a platform; empty if there is none of that name. */
    public Optional<PlatformStatus> find(String name) {
        return all.stream().filter(status -> status.name().equals(name)).findFirst();
    }

    /** All names, for people. */
    String names() {
        return all.stream().map(PlatformStatus::name).collect(Collectors.joining(", "));
    }

    /** Why none works, for people. */
    String reasons() {
        return all.isEmpty()
                ? "the process that tries them tells of none"
                : all.stream()
                        .map(status -> status.name() + ": " + status.reason())
                        .collect(Collectors.joining("; "));
    }
}
