package dev.picket.api.container;

import java.util.List;

/** Answer of top. */
public record TopAnswer(List<String> titles, List<List<String>> processes) {}
