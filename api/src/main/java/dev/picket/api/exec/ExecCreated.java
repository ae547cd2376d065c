package dev.picket.api.exec;

/** Answer of an exec create. */
public record ExecCreated(String id) {}
