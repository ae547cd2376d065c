package dev.picket.service.container;

import java.util.List;

/** Answer to a create. */
public record Created(String id, List<String> warnings) {}
