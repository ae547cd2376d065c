package dev.picket.api.container;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.picket.service.container.Statistics;
import java.util.List;
import java.util.Map;

/** One sample of a container's use of resources, with the one before it. */
public record StatisticsAnswer(
        @JsonProperty("name") String name,
        @JsonProperty("id") String id,
        @JsonProperty("read") String read,
        @JsonProperty("preread") String previousRead,
        @JsonProperty("pids_stats") Pids pids,
        @JsonProperty("num_procs") int processors,
        @JsonProperty("cpu_stats") Cpu cpu,
        @JsonProperty("precpu_stats") Cpu previousCpu,
        @JsonProperty("memory_stats") Memory memory,
        @JsonProperty("blkio_stats") Map<String, Object> blockIo,
        @JsonProperty("networks") Map<String, Object> networks) {

    private static final String NEVER = "0001-01-01T00:00:00Z";

    /** Processes now. */
    public record Pids(@JsonProperty("current") long current) {}

    /** CPU time so far, in nanoseconds. */
    public record Cpu(
            @JsonProperty("cpu_usage") Usage usage,
            @JsonProperty("system_cpu_usage") long systemNanos,
            @JsonProperty("online_cpus") int cpus,
            @JsonProperty("throttling_data") Throttling throttling) {
        /** Of the container. */
        public record Usage(
                @JsonProperty("total_usage") long totalNanos,
                @JsonProperty("usage_in_kernelmode") long kernelNanos,
                @JsonProperty("usage_in_usermode") long userNanos,
                @JsonProperty("percpu_usage") List<Long> perCpu) {}

        /** How it was held back. */
        public record Throttling(
                @JsonProperty("periods") long periods,
                @JsonProperty("throttled_periods") long throttledPeriods,
                @JsonProperty("throttled_time") long throttledNanos) {}

        static Cpu of(Statistics sample) {
            long nanos = sample == null ? 0 : sample.cpuNanos();
            return new Cpu(
                    new Usage(nanos, 0, nanos, null),
                    sample == null ? 0 : sample.systemCpuNanos(),
                    sample == null ? 0 : sample.cpus(),
                    new Throttling(0, 0, 0));
        }
    }

    /** Memory now. */
    public record Memory(
            @JsonProperty("usage") long usage,
            @JsonProperty("limit") long limit,
            @JsonProperty("stats") Map<String, Long> details) {}

    /** @param previous null: there is none */
    static StatisticsAnswer of(String id, String name, Statistics previous, Statistics sample) {
        return new StatisticsAnswer(
                "/" + name,
                id,
                sample.time().toString(),
                previous == null ? NEVER : previous.time().toString(),
                new Pids(sample.processes()),
                0,
                Cpu.of(sample),
                Cpu.of(previous),
                new Memory(sample.memoryBytes(), sample.memoryLimitBytes(), Map.of()),
                Map.of(),
                Map.of());
    }
}
