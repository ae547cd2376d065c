package dev.picket.benchmark;

import dev.picket.sentry.errno.ErrnoException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Copying from and to guest memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class MemoryBenchmark {
    @Param({"8", "4096", "65536"})
    private int lengthBytes;

    private Machine machine;
    private byte[] bytes;

    @Setup
    public void begin() throws ErrnoException {
        machine = new Machine();
        bytes = new byte[lengthBytes];
    }

    @TearDown
    public void end() {
        machine.close();
    }

    @Benchmark
    public byte[] copyIn() throws ErrnoException {
        machine.memory().copyIn(Machine.MEMORY, bytes, 0, lengthBytes);
        return bytes;
    }

    @Benchmark
    public byte[] copyOut() throws ErrnoException {
        machine.memory().copyOut(Machine.MEMORY, bytes, 0, lengthBytes);
        return bytes;
    }

    @Benchmark
    public int loadInt() throws ErrnoException {
        return machine.memory().loadInt(Machine.MEMORY);
    }
}
