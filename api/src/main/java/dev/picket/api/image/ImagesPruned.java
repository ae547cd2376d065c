package dev.picket.api.image;

import java.util.List;

/** Answer of a prune. */
public record ImagesPruned(List<ImageDeleted> imagesDeleted, long spaceReclaimed) {}
