package dev.picket.service.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** What a worker and its stubs use, by the host's account: proc(5). */
final class HostUsage {
    private static final long NANOS_PER_TICK = 10_000_000;
    private static final long BYTES_PER_KIBIBYTE = 1024;

    private HostUsage() {}

    /** @return null if the process is gone */
    static Statistics of(long processId, long memoryLimitBytes, Instant time) {
        ProcessHandle worker = ProcessHandle.of(processId).orElse(null);
        if (worker == null) {
            return null;
        }
        List<ProcessHandle> all;
        try (Stream<ProcessHandle> children = worker.descendants()) {
            all = Stream.concat(Stream.of(worker), children).toList();
        }
        long cpuNanos = all.stream()
                .mapToLong(each ->
                        each.info().totalCpuDuration().map(Duration::toNanos).orElse(0L))
                .sum();
        long hostMemory = kibibytes(Path.of("/proc/meminfo"), "MemTotal:");
        // Guest memory is mapped whole by the worker: its stubs would count it again.
        long memory = kibibytes(Path.of("/proc", Long.toString(processId), "status"), "VmRSS:");
        return new Statistics(
                time,
                cpuNanos,
                hostCpuNanos(),
                Runtime.getRuntime().availableProcessors(),
                memory,
                memoryLimitBytes > 0 ? memoryLimitBytes : hostMemory,
                all.size());
    }

    private static long kibibytes(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                            .findFirst()
                            .orElse(0)
                    * BYTES_PER_KIBIBYTE;
        } catch (IOException e) {
            // The process ended while it was being looked at.
            return 0;
        }
    }

    private static long hostCpuNanos() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
            String[] fields = lines.findFirst().orElse("cpu").trim().split(" +");
            long ticks = 0;
            // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user already.
            for (int i = 1; i < Math.min(fields.length, 9); i++) {
                ticks += Long.parseLong(fields[i]);
            }
            return ticks * NANOS_PER_TICK;
        } catch (IOException e) {
            return 0;
        }
    }
}
