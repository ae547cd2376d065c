package dev.picket.platform.seccomp;

/** Planted for the architecture test: breaks a rule on purpose. */
public final class PlantedOther {
    dev.picket.platform.ptrace.PlantedSibling wrong;
}
