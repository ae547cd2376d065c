package dev.picket.platform.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Errno;
import org.junit.jupiter.api.Test;

class RefusalTest {
    @Test
    void a_missing_device_and_one_without_permission_are_told_apart() {
        assertTrue(Refusal.kvm(Errno.ENOENT, false).startsWith("there is no /dev/kvm"));
        assertTrue(Refusal.kvm(Errno.EACCES, true).startsWith("no permission to use /dev/kvm"));
        assertTrue(Refusal.kvm(Errno.ENODEV, true).contains("no virtualization behind it"));
    }

    @Test
    void an_old_kernel_and_a_refusing_host_are_told_apart() {
        String old = Refusal.seccomp(Errno.EINVAL);
        assertTrue(old.contains(System.getProperty("os.version")) && old.contains("5.19"), old);
        assertTrue(Refusal.seccomp(Errno.EPERM).contains("refused"));
        assertTrue(Refusal.seccomp(Errno.EBUSY).contains("listener"));
    }

    @Test
    void what_the_platform_said_stands_behind_the_advice() {
        var refused = new PlatformException("ptrace request 16902 failed", Errno.EPERM);
        String text = Refusal.of("ptrace", refused);
        assertTrue(text.startsWith("ptrace(2) is refused: "), text);
        assertTrue(text.endsWith("(ptrace request 16902 failed (errno 1))"), text);
    }

    @Test
    void without_advice_the_platforms_own_words_remain() {
        assertEquals("odd", Refusal.of("ptrace", new PlatformException("odd")));
        assertEquals("odd", Refusal.of("another", new PlatformException("odd")));
    }
}
