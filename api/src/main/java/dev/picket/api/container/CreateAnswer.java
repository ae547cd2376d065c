package dev.picket.api.container;

import java.util.List;

/** Answer of a create. */
public record CreateAnswer(String id, List<String> warnings) {}
