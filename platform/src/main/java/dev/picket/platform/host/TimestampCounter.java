package dev.picket.platform.host;

import dev.picket.platform.linux.Mman;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The time-stamp counter of the processor, where it counts at one rate on all processors whatever they do, so that a
 * clock can be made of it. The JVM has no instruction for it; a few bytes of machine code do.
 */
public final class TimestampCounter {
    /** {@code lfence; rdtsc; shl rdx, 32; or rax, rdx; ret}. */
    private static final byte[] CODE = {
        0x0F,
        (byte) 0xAE,
        (byte) 0xE8,
        0x0F,
        0x31,
        0x48,
        (byte) 0xC1,
        (byte) 0xE2,
        0x20,
        0x48,
        0x09,
        (byte) 0xD0,
        (byte) 0xC3
    };

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path CLOCKSOURCE = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    private static final Set<String> CLOCKSOURCES = Set.of("tsc", "kvm-clock", "hyperv_clocksource_tsc_page");
    private static final long PAGE_BYTES = 4096;

    /** Found when the worker warms up: afterwards no file can be read, and no memory made executable by a path. */
    private static final TimestampCounter HOST = find();

    private final long function;
    private final long firstReading;
    private final long firstNanoTime;

    private TimestampCounter(long function) {
        this.function = function;
        read(); // whatever is slow the first time
        long before = System.nanoTime();
        this.firstReading = read();
        this.firstNanoTime = before + (System.nanoTime() - before) / 2;
    }

    /** The counter of this host, or null if it is no good as a clock. */
    public static TimestampCounter ofHost() {
        return HOST;
    }

    /** Its value now. */
    public long read() {
        return Native.call(function);
    }

    /** A reading from when this was made, so that a rate can be told from it later. */
    public long firstReading() {
        return firstReading;
    }

    /** {@link System#nanoTime()} at the {@link #firstReading}. */
    public long firstNanoTime() {
        return firstNanoTime;
    }

    private static TimestampCounter find() {
        if (!isInvariant(text(CPUINFO))
                || !CLOCKSOURCES.contains(text(CLOCKSOURCE).trim())) {
            return null;
        }
        int writable = Mman.PROT_READ | Mman.PROT_WRITE;
        long page = Host.mmap(0, PAGE_BYTES, writable, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0);
        if (page < 0) {
            return null;
        }
        NativeMemory.copyFromArray(CODE, 0, page, CODE.length);
        if (Host.mprotect(page, PAGE_BYTES, Mman.PROT_READ | Mman.PROT_EXEC) < 0) {
            Host.munmap(page, PAGE_BYTES);
            return null;
        }
        return new TimestampCounter(page);
    }

    /** Whether the processor says so: bit 8 of edx of CPUID leaf 80000007, which Linux shows as these two flags. */
    static boolean isInvariant(String cpuInfo) {
        return cpuInfo.lines()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Arrays.asList(line.split("\\s+")).containsAll(List.of("constant_tsc", "nonstop_tsc")))
                .orElse(false);
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // a host that hides it is asked for the time by system calls
        }
    }
}
