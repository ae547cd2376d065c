package dev.picket.service.container;

import java.util.List;

/** Processes of a container, as {@code ps} shows them. */
public record ProcessTable(List<String> titles, List<List<String>> processes) {}
