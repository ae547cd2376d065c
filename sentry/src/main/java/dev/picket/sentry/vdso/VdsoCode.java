package dev.picket.sentry.vdso;

import static dev.picket.platform.amd64.Register.*;
import static dev.picket.platform.linux.Clocks.*;

import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.amd64.Register;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The functions of the vDSO; see vdso(7). None uses the stack, and none changes a register that a C function has to keep.
 *
 * <p>What the parameters do not answer, such as clocks of CPU time, goes to the system call of the same arguments.
 */
final class VdsoCode {
    private static final int SYS_GETTIMEOFDAY = 96;
    private static final int SYS_TIME = 201;
    private static final int SYS_CLOCK_GETTIME = 228;
    private static final int SYS_CLOCK_GETRES = 229;
    private static final int SYS_GETCPU = 309;

    private static final int NANOS_PER_SECOND = 1_000_000_000;
    private static final int COARSE_NANOS = 4_000_000;

    // Sets of clocks, a bit each. Monotonic, raw and boot time are one clock in a sandbox: nothing slews or suspends
    // it.
    private static final int PRECISE = 1 << CLOCK_REALTIME
            | 1 << CLOCK_MONOTONIC
            | 1 << CLOCK_MONOTONIC_RAW
            | 1 << CLOCK_BOOTTIME
            | 1 << CLOCK_TAI;
    private static final int COARSE = 1 << CLOCK_REALTIME_COARSE | 1 << CLOCK_MONOTONIC_COARSE;
    private static final int REAL = 1 << CLOCK_REALTIME | 1 << CLOCK_REALTIME_COARSE | 1 << CLOCK_TAI;

    /** Segment whose limit Linux uses to tell each CPU its number, in the lower 12 bits, and its node. */
    private static final int CPU_NUMBER_SEGMENT = 0x7b;

    private static final int CPU_NUMBER_MASK = 0xfff;

    /** Where the time page is, from the start of the image. */
    private static final int PAGE_FROM_IMAGE = -4096;

    private static final int LEA_BYTES = 7;

    /** Name of a function, to its offset in the code and its length. */
    record Function(int offset, int lengthBytes) {}

    private final Assembler assembler = new Assembler();
    private final Map<String, Function> functions = new LinkedHashMap<>();
    private final int start;

    /** @param start offset of the code in the image */
    VdsoCode(int start) {
        this.start = start;
        define("__vdso_clock_gettime", this::clockGettime);
        define("__vdso_gettimeofday", this::gettimeofday);
        define("__vdso_time", this::time);
        define("__vdso_clock_getres", this::clockGetres);
        define("__vdso_getcpu", this::getcpu);
    }

    Map<String, Function> functions() {
        return functions;
    }

    byte[] bytes() {
        return assembler.assemble();
    }

    private void define(String name, Runnable body) {
        assembler.align(16);
        int from = assembler.position();
        body.run();
        functions.put(name, new Function(from, assembler.position() - from));
    }

    /** int clock_gettime(clockid_t edi, struct timespec *rsi). */
    private void clockGettime() {
        var fallback = assembler.label();
        var precise = assembler.label();
        clockBit(fallback);
        assembler.test32(R8, PRECISE | COARSE);
        assembler.jz(fallback);
        readMonotonic(fallback);
        assembler.test32(R8, COARSE);
        assembler.jz(precise);
        assembler.mov(R10, RAX);
        assembler.xor(RDX, RDX);
        assembler.mov32(RCX, COARSE_NANOS);
        assembler.div(RCX);
        assembler.mov(RAX, R10);
        assembler.sub(RAX, RDX);
        assembler.bind(precise);
        var monotonic = assembler.label();
        assembler.test32(R8, REAL);
        assembler.jz(monotonic);
        assembler.add(RAX, RDI);
        assembler.bind(monotonic);
        divideBy(NANOS_PER_SECOND);
        assembler.store(RSI, 0, RAX);
        assembler.store(RSI, 8, RDX);
        succeed();
        assembler.bind(fallback);
        systemCall(SYS_CLOCK_GETTIME);
    }

    /** int gettimeofday(struct timeval *rdi, struct timezone *rsi). */
    private void gettimeofday() {
        var fallback = assembler.label();
        var zone = assembler.label();
        var end = assembler.label();
        assembler.mov(R8, RDI);
        assembler.test(RDI, RDI);
        assembler.jz(zone);
        readMonotonic(fallback);
        assembler.add(RAX, RDI);
        divideBy(NANOS_PER_SECOND);
        assembler.store(R8, 0, RAX);
        assembler.mov(RAX, RDX);
        divideBy(1000);
        assembler.store(R8, 8, RAX);
        assembler.bind(zone);
        assembler.test(RSI, RSI);
        assembler.jz(end);
        assembler.xor(RAX, RAX);
        assembler.store(RSI, 0, RAX); // UTC, no daylight saving time
        assembler.bind(end);
        succeed();
        assembler.bind(fallback);
        assembler.mov(RDI, R8);
        systemCall(SYS_GETTIMEOFDAY);
    }

    /** time_t time(time_t *rdi). */
    private void time() {
        var fallback = assembler.label();
        var end = assembler.label();
        assembler.mov(R8, RDI);
        readMonotonic(fallback);
        assembler.add(RAX, RDI);
        divideBy(NANOS_PER_SECOND);
        assembler.test(R8, R8);
        assembler.jz(end);
        assembler.store(R8, 0, RAX);
        assembler.bind(end);
        assembler.ret();
        assembler.bind(fallback);
        assembler.mov(RDI, R8);
        systemCall(SYS_TIME);
    }

    /** int clock_getres(clockid_t edi, struct timespec *rsi). */
    private void clockGetres() {
        var fallback = assembler.label();
        var known = assembler.label();
        var end = assembler.label();
        clockBit(fallback);
        assembler.mov32(RCX, 1);
        assembler.test32(R8, PRECISE);
        assembler.jnz(known);
        assembler.mov32(RCX, COARSE_NANOS);
        assembler.test32(R8, COARSE);
        assembler.jz(fallback);
        assembler.bind(known);
        assembler.test(RSI, RSI);
        assembler.jz(end);
        assembler.xor(RAX, RAX);
        assembler.store(RSI, 0, RAX);
        assembler.store(RSI, 8, RCX);
        assembler.bind(end);
        succeed();
        assembler.bind(fallback);
        systemCall(SYS_CLOCK_GETRES);
    }

    /** int getcpu(unsigned *rdi, unsigned *rsi, void *): a number below the sandbox's CPUs, the node 0. */
    private void getcpu() {
        var fallback = assembler.label();
        var node = assembler.label();
        var end = assembler.label();
        pageAddress();
        assembler.load(R8, R9, TimePage.CPUS);
        assembler.test(R8, R8);
        assembler.jz(fallback);
        assembler.mov32(RCX, CPU_NUMBER_SEGMENT);
        assembler.lsl(RAX, RCX);
        assembler.jnz(fallback);
        assembler.and32(RAX, CPU_NUMBER_MASK);
        assembler.xor(RDX, RDX);
        assembler.div(R8);
        assembler.test(RDI, RDI);
        assembler.jz(node);
        assembler.store32(RDI, 0, RDX);
        assembler.bind(node);
        assembler.test(RSI, RSI);
        assembler.jz(end);
        assembler.xor(RAX, RAX);
        assembler.store32(RSI, 0, RAX);
        assembler.bind(end);
        succeed();
        assembler.bind(fallback);
        systemCall(SYS_GETCPU);
    }

    /** Sets r8 to the bit of clock edi, or goes to {@code unknown} if it has none. Changes rcx. */
    private void clockBit(Assembler.Label unknown) {
        assembler.cmp32(RDI, CLOCK_TAI);
        assembler.ja(unknown);
        assembler.mov(RCX, RDI);
        assembler.mov32(R8, 1);
        assembler.shlByCl(R8);
    }

    /**
     * Sets rax to CLOCK_MONOTONIC in nanoseconds and rdi to what CLOCK_REALTIME is ahead of it, or goes to {@code unknown}
     * with rdi unchanged if the counter is no clock. Changes rdx, r9 and r11.
     */
    private void readMonotonic(Assembler.Label unknown) {
        var read = assembler.label();
        var inOrder = assembler.label();
        var again = assembler.label();
        var end = assembler.label();
        pageAddress();
        assembler.bind(read);
        assembler.load(R11, R9, TimePage.SEQUENCE);
        assembler.test32(R11, 1);
        assembler.jnz(again);
        assembler.load(RAX, R9, TimePage.KNOWN);
        assembler.test(RAX, RAX);
        assembler.jz(unknown);
        assembler.lfence(); // the counter is not read before the parameters, nor before what the caller did
        assembler.rdtsc();
        assembler.shl(RDX, 32);
        assembler.or(RAX, RDX);
        assembler.xor(RDX, RDX);
        assembler.cmp(RAX, R9, TimePage.BASE_COUNTER);
        assembler.jb(inOrder); // behind, on another processor by a few counts: nothing has passed
        assembler.sub(RAX, R9, TimePage.BASE_COUNTER);
        assembler.mul(R9, TimePage.MULTIPLIER);
        assembler.shrd(RAX, RDX, TimeScale.SHIFT);
        assembler.mov(RDX, RAX);
        assembler.bind(inOrder);
        assembler.mov(RAX, RDX);
        assembler.add(RAX, R9, TimePage.BASE_NANOS);
        assembler.load(RDX, R9, TimePage.REALTIME_OFFSET);
        assembler.cmp(R11, R9, TimePage.SEQUENCE);
        assembler.jz(end);
        assembler.bind(again);
        assembler.pause();
        assembler.jmp(read);
        assembler.bind(end);
        assembler.mov(RDI, RDX);
    }

    /** Divides rax: the quotient to rax, the rest to rdx. Changes rcx. */
    private void divideBy(int divisor) {
        assembler.xor(RDX, RDX);
        assembler.mov32(RCX, divisor);
        assembler.div(RCX);
    }

    private void pageAddress() {
        int here = start + assembler.position() + LEA_BYTES;
        assembler.leaRelative(R9, PAGE_FROM_IMAGE - here);
    }

    private void succeed() {
        Register result = RAX;
        assembler.xor(result, result);
        assembler.ret();
    }

    private void systemCall(int number) {
        assembler.mov32(RAX, number);
        assembler.syscall();
        assembler.ret();
    }
}
