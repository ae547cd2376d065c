package dev.picket.platform.select;

import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Why a platform does not work here, in words that help whoever wants it to; what the platform itself said stands behind. */
final class Refusal {
    private static final Path KVM = Path.of("/dev/kvm");
    private static final Path PTRACE_SCOPE = Path.of("/proc/sys/kernel/yama/ptrace_scope");

    /** SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV came with it; seccomp(2). */
    private static final String SECCOMP_KERNEL = "5.19";

    private Refusal() {}

    static String of(String platform, PlatformException failure) {
        String advice =
                switch (platform) {
                    case "ptrace" -> ptrace(failure.errno());
                    case "seccomp" -> seccomp(failure.errno());
                    case "kvm" -> kvm(failure.errno(), Files.exists(KVM));
                    default -> "";
                };
        return advice.isEmpty() ? failure.getMessage() : advice + " (" + failure.getMessage() + ")";
    }

    static String ptrace(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES, Errno.ESRCH -> "ptrace(2) is refused" + scope();
            case Errno.ENOSYS -> "ptrace(2) is not there: the host's seccomp profile hides it";
            default -> resources(errno);
        };
    }

    /** Yama's setting, if that is to blame: 2 wants CAP_SYS_PTRACE, 3 forbids it to all; ptrace(2). */
    private static String scope() {
        String scope;
        try {
            scope = Files.readString(PTRACE_SCOPE).strip();
        } catch (IOException e) {
            scope = ""; // no Yama here
        }
        return scope.equals("2") || scope.equals("3")
                ? ": kernel.yama.ptrace_scope is " + scope
                : ": a seccomp profile or a security module of the host forbids it";
    }

    static String seccomp(int errno) {
        return switch (errno) {
            case Errno.ENOSYS, Errno.EINVAL -> "this kernel, " + System.getProperty("os.version")
                    + ", lacks what is needed of seccomp(2): Linux " + SECCOMP_KERNEL + " has it";
            case Errno.EPERM, Errno.EACCES -> "seccomp(2) or a call that goes with it is refused: "
                    + "a seccomp profile of the host forbids it";
            case Errno.EBUSY -> "a seccomp filter of the host has a listener already, and there can be one only";
            default -> resources(errno);
        };
    }

    static String kvm(int errno, boolean deviceExists) {
        if (!deviceExists) {
            return "there is no /dev/kvm: the machine has no virtualization, the module kvm is not loaded, "
                    + "or a container does not show it";
        }
        return switch (errno) {
            case Errno.EACCES, Errno.EPERM -> "no permission to use /dev/kvm: this user must be in its group, or the "
                    + "container be given the device";
            case Errno.ENODEV, Errno.ENXIO, Errno.ENOENT -> "/dev/kvm is there, but no virtualization behind it";
            case Errno.EBUSY -> "another hypervisor has taken the processor's virtualization";
            case Errno.EINVAL, Errno.ENOTTY -> "this kernel's KVM, " + System.getProperty("os.version")
                    + ", lacks something that is needed";
            default -> resources(errno);
        };
    }

    private static String resources(int errno) {
        return switch (errno) {
            case Errno.ENOMEM -> "the host has no memory left for it";
            case Errno.EMFILE, Errno.ENFILE -> "too many files are open";
            case Errno.EAGAIN -> "too many processes or threads";
            default -> "";
        };
    }
}
