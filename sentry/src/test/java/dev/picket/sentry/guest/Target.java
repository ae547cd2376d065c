package dev.picket.sentry.guest;

import dev.picket.platform.select.Platforms;

/** Where a guest program runs: on the host's own kernel, which is the oracle, or in a sandbox on one of the platforms. */
enum Target {
    NATIVE,
    PTRACE,
    SECCOMP,
    KVM;

    /** Why programs cannot run there on this machine, or null if they can. */
    String unavailable() {
        if (this == NATIVE) {
            return null;
        }
        return Platforms.probe().stream()
                .filter(probe -> probe.name().equals(platform()))
                .filter(probe -> !probe.available())
                .map(probe -> probe.name() + ": " + probe.reason())
                .findFirst()
                .orElse(null);
    }

    String platform() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
