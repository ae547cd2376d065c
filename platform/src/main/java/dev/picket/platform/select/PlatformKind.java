package dev.picket.platform.select;

import dev.picket.platform.Platform;
import dev.picket.platform.kvm.KvmPlatform;
import dev.picket.platform.ptrace.PtracePlatform;
import dev.picket.platform.seccomp.SeccompPlatform;
import java.util.function.Supplier;

/** The implementations of {@link Platform}: the most robust first, which wins where two are about as fast. */
public enum PlatformKind {
    PTRACE("ptrace", "stub processes under ptrace(2); works almost anywhere", PtracePlatform::open),
    SECCOMP("seccomp", "stub processes under seccomp(2) with user notification; no ptrace", SeccompPlatform::open),
    KVM("kvm", "ring 3 of a virtual machine; needs /dev/kvm and Linux 5.16", KvmPlatform::open);

    private final String id;
    private final String description;
    private final Supplier<Platform> opener;

    PlatformKind(String id, String description, Supplier<Platform> opener) {
        this.id = id;
        this.description = description;
        this.opener = opener;
    }

    /** Name by which a user asks for it. */
    public String id() {
        return id;
    }

    /** One line on what it is. */
    public String description() {
        return description;
    }

    Platform open() {
        return opener.get();
    }
}
