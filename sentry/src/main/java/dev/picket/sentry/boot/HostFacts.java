package dev.picket.sentry.boot;

import dev.picket.sentry.fs.proc.ProcessorDescription;
import dev.picket.sentry.loader.MachineFacts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a sandbox takes from the host's description of itself; read before the worker confines itself.
 *
 * @param memoryBytes the host's memory
 */
record HostFacts(MachineFacts machine, ProcessorDescription processor, long memoryBytes) {
    // getauxval(3)
    private static final long AT_HWCAP = 16;
    private static final long AT_HWCAP2 = 26;
    private static final long AT_MINSIGSTKSZ = 51;

    private static final long FALLBACK_MEMORY_BYTES = 1L << 30;

    static HostFacts read() {
        return new HostFacts(
                machineFacts(), ProcessorDescription.parse(text(Path.of("/proc/cpuinfo"))), hostMemoryBytes());
    }

    private static MachineFacts machineFacts() {
        MachineFacts base = MachineFacts.BASELINE;
        long capabilities = base.capabilities();
        long capabilities2 = base.capabilities2();
        long signalFrameBytes = base.signalFrameBytes();
        try {
            var vector = ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/auxv")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            while (vector.remaining() >= 2 * Long.BYTES) {
                long type = vector.getLong();
                long value = vector.getLong();
                if (type == AT_HWCAP) {
                    capabilities = value;
                } else if (type == AT_HWCAP2) {
                    capabilities2 = value;
                } else if (type == AT_MINSIGSTKSZ) {
                    signalFrameBytes = value;
                }
            }
        } catch (IOException e) {
            // Some hosts hide it; the baseline is right everywhere.
            return base;
        }
        return new MachineFacts(capabilities, capabilities2, signalFrameBytes);
    }

    private static long hostMemoryBytes() {
        for (String line : text(Path.of("/proc/meminfo")).split("\n")) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        return FALLBACK_MEMORY_BYTES;
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
