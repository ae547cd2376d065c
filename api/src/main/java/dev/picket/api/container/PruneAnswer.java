package dev.picket.api.container;

import java.util.List;

/** Answer of a prune. */
public record PruneAnswer(List<String> containersDeleted, long spaceReclaimed) {}
