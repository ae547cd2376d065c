package dev.picket.benchmark;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.NativeMemory;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes the stops of a script, over and over, as often as it is told to: then the task's thread waits, and the thread that
 * told it goes on. Nothing is allocated.
 */
final class ScriptedContext implements GuestContext {
    private static final int FPU_BYTES = 576;

    /** A stop: a system call with its arguments, or a fault. */
    record Step(Stop stop, long number, long... arguments) {
        static Step call(long number, long... arguments) {
            return new Step(Stop.SYSCALL, number, arguments);
        }

        static Step fault(long address, int access) {
            return new Step(Stop.FAULT, access, address);
        }
    }

    private final long registerMemory = NativeMemory.allocate(4096);
    private final Registers registers = new Registers(registerMemory);
    private Step[] script = {};
    private int next;
    private Step current;
    private int left;
    private long result;

    /** Whether it is the runner's turn; what is not volatile here is handed over with it. */
    private volatile boolean busy;

    private volatile Thread teller;
    private volatile Thread runner;

    /** Makes {@code stops} stops, and waits until the last has been dealt with; answers the result of the last call. */
    long make(Step[] newScript, int stops) {
        script = newScript;
        next = 0;
        left = stops;
        teller = Thread.currentThread();
        busy = true;
        LockSupport.unpark(runner);
        while (busy) {
            LockSupport.park(this);
        }
        return result;
    }

    @Override
    public Stop run(AddressSpace space) {
        if (left == 0) {
            runner = Thread.currentThread();
            if (busy) {
                busy = false;
                LockSupport.unpark(teller);
            }
            while (!busy) {
                LockSupport.park(this);
            }
        }
        left--;
        current = script[next];
        next = next + 1 == script.length ? 0 : next + 1;
        return current.stop();
    }

    @Override
    public void interrupt() {
        LockSupport.unpark(runner);
    }

    @Override
    public long syscallNumber() {
        return current.number();
    }

    @Override
    public long syscallArgument(int index) {
        long[] arguments = current.arguments();
        return index < arguments.length ? arguments[index] : 0;
    }

    @Override
    public void setSyscallResult(long value) {
        result = value;
    }

    @Override
    public long faultAddress() {
        return current.arguments()[0];
    }

    @Override
    public int faultAccess() {
        return (int) current.number();
    }

    @Override
    public int exceptionSignal() {
        throw new IllegalStateException("no exceptions here");
    }

    @Override
    public int exceptionCode() {
        throw new IllegalStateException("no exceptions here");
    }

    @Override
    public long exceptionAddress() {
        throw new IllegalStateException("no exceptions here");
    }

    @Override
    public Registers registers() {
        return registers;
    }

    @Override
    public int fpuStateBytes() {
        return FPU_BYTES;
    }

    @Override
    public void readFpuState(byte[] xsaveArea) {}

    @Override
    public boolean writeFpuState(byte[] xsaveArea) {
        return true;
    }

    @Override
    public void resetFpuState() {}

    @Override
    public void copyStateFrom(GuestContext parent) {
        throw new IllegalStateException("no second task here");
    }

    @Override
    public long cpuTimeNanos() {
        return 0;
    }

    @Override
    public void close() {}
}
