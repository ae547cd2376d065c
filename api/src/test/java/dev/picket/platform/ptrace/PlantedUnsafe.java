package dev.picket.platform.ptrace;

/** Planted for the architecture test: breaks a rule on purpose. */
final class PlantedUnsafe {
    com.kenai.jffi.Invoker wrong;
}
