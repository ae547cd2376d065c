package dev.picket.sentry.boot;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;

/** Random numbers of the host: getrandom(2). */
final class HostRandom {
    private final long buffer = NativeMemory.allocate(Long.BYTES);

    synchronized long next() {
        long count = Host.getrandom(buffer, Long.BYTES, 0);
        if (count != Long.BYTES) {
            throw new IllegalStateException("getrandom(2) gave " + count);
        }
        return NativeMemory.getLong(buffer);
    }
}
