package dev.picket.benchmark;

import dev.picket.benchmark.ScriptedContext.Step;
import dev.picket.platform.Access;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a stop costs the Sentry: the run loop, the dispatch and the call itself, without any platform. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class DispatchBenchmark {
    private static final int STOPS = 10_000;
    private static final long PATH = Machine.MEMORY + 4096;
    private static final long DATA = Machine.MEMORY + 8192;
    private static final long MAPPING = 0x2000_0000L;
    private static final int MAPPING_BYTES = 16 * 4096;

    private Machine machine;
    private Step[] getppid;
    private Step[] read;
    private Step[] write;
    private Step[] stat;
    private Step[] openAndClose;
    private Step[] fault;

    /** Makes the machine and its files. */
    @Setup
    public void begin() throws ErrnoException {
        machine = new Machine();
        machine.putString(Machine.MEMORY, "/a");
        machine.call(SystemCallNumbers.MKDIR, Machine.MEMORY, 0755);
        machine.putString(Machine.MEMORY, "/a/b");
        machine.call(SystemCallNumbers.MKDIR, Machine.MEMORY, 0755);
        int file = machine.open("/a/b/file");
        machine.call(SystemCallNumbers.FTRUNCATE, file, MAPPING_BYTES);
        machine.putString(PATH, "/a/b/file");
        // The lowest free descriptor is what every open gets, and close gives back.
        int next = file + 1;
        getppid = new Step[] {Step.call(SystemCallNumbers.GETPPID)};
        read = new Step[] {Step.call(SystemCallNumbers.PREAD64, file, DATA, 1, 0)};
        write = new Step[] {Step.call(SystemCallNumbers.PWRITE64, file, DATA, 1, 0)};
        stat = new Step[] {Step.call(SystemCallNumbers.STAT, PATH, DATA)};
        openAndClose = new Step[] {
            Step.call(SystemCallNumbers.OPEN, PATH, 0), Step.call(SystemCallNumbers.CLOSE, next),
        };
        int prot = Mman.PROT_READ | Mman.PROT_WRITE;
        int flags = Mman.MAP_PRIVATE | Mman.MAP_FIXED;
        fault = new Step[] {
            Step.call(SystemCallNumbers.MMAP, MAPPING, MAPPING_BYTES, prot, flags, file, 0),
            Step.fault(MAPPING, Access.WRITE),
            Step.call(SystemCallNumbers.MUNMAP, MAPPING, MAPPING_BYTES),
        };
        for (Step[] script : new Step[][] {getppid, read, write, stat, openAndClose, fault}) {
            if (machine.make(script, script.length) < 0) {
                throw new IllegalStateException("a call of the script fails");
            }
        }
    }

    @TearDown
    public void end() {
        machine.close();
    }

    @Benchmark
    @OperationsPerInvocation(STOPS)
    public long getppid() {
        return machine.make(getppid, STOPS);
    }

    @Benchmark
    @OperationsPerInvocation(STOPS)
    public long readOneByte() {
        return machine.make(read, STOPS);
    }

    @Benchmark
    @OperationsPerInvocation(STOPS)
    public long writeOneByte() {
        return machine.make(write, STOPS);
    }

    /** A path walk of three names, and the copying of the answer. */
    @Benchmark
    @OperationsPerInvocation(STOPS)
    public long stat() {
        return machine.make(stat, STOPS);
    }

    /** Two stops. */
    @Benchmark
    @OperationsPerInvocation(STOPS / 2)
    public long openAndClose() {
        return machine.make(openAndClose, STOPS);
    }

    /** mmap of a file, a write to a page of it, which is copied, and munmap: three stops. */
    @Benchmark
    @OperationsPerInvocation(STOPS / 3)
    public long mapFaultUnmap() {
        return machine.make(fault, STOPS / 3 * 3);
    }
}
