package dev.picket.platform.ptrace;

/** Planted for the architecture test: breaks a rule on purpose. */
public final class PlantedSibling {
    dev.picket.platform.seccomp.PlantedOther wrong;
}
