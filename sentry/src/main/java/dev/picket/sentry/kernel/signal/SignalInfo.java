package dev.picket.sentry.kernel.signal;

import static dev.picket.platform.linux.SigInfo.*;

import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;

/** What a signal carries: a {@code siginfo_t}; see sigaction(2). Immutable. */
public final class SignalInfo {
    private final ByteBuffer bytes;

    /** Counts, when the signal is taken, how often its timer has expired besides; null for other signals. */
    private final IntSupplier overrun;

    private SignalInfo(byte[] bytes) {
        this(bytes, null);
    }

    private SignalInfo(byte[] bytes, IntSupplier overrun) {
        this.overrun = overrun;
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static SignalInfo of(int signal, int code) {
        var info = new SignalInfo(new byte[BYTES]);
        info.bytes.putInt(SI_SIGNO, signal).putInt(SI_CODE_OFFSET, code);
        return info;
    }

    /** A signal that the kernel sends of its own. */
    public static SignalInfo ofKernel(int signal) {
        return of(signal, SignalCode.SI_KERNEL);
    }

    /** A signal that a process sends: {@code code} is SI_USER for kill(2), SI_TKILL for tgkill(2). */
    public static SignalInfo ofUser(int signal, int code, int processId, int user) {
        var info = of(signal, code);
        info.bytes.putInt(SI_PID, processId).putInt(SI_UID, user);
        return info;
    }

    /** A fault at {@code address}. */
    public static SignalInfo ofFault(int signal, int code, long address) {
        var info = of(signal, code);
        info.bytes.putLong(SI_ADDR, address);
        return info;
    }

    /** SIGCHLD or another exit signal of a child. Times in clock ticks of 10 ms. */
    public static SignalInfo ofChild(
            int signal, int code, int processId, int user, int status, long userTicks, long systemTicks) {
        var info = of(signal, code);
        info.bytes.putInt(SI_PID, processId).putInt(SI_UID, user).putInt(SI_STATUS, status);
        info.bytes.putLong(SI_UTIME, userTicks).putLong(SI_STIME, systemTicks);
        return info;
    }

    /** SIGSYS for a call that a filter of seccomp(2) turns into a signal. */
    public static SignalInfo ofFilteredCall(int reason, long address, int number, int architecture) {
        var info = of(Signal.SIGSYS, SignalCode.SYS_SECCOMP);
        info.bytes.putInt(SI_ERRNO, reason).putLong(SI_CALL_ADDR, address);
        info.bytes.putInt(SI_SYSCALL, number).putInt(SI_ARCH, architecture);
        return info;
    }

    /**
     * The expiry of a POSIX timer.
     *
     * @param overrun asked once, when the signal is taken, how often the timer has expired besides; takes no locks but its
     *     own
     */
    public static SignalInfo ofTimer(int signal, int timer, long value, IntSupplier overrun) {
        var info = new SignalInfo(of(signal, SignalCode.SI_TIMER).bytes.array(), overrun);
        info.bytes.putInt(SI_TIMERID, timer).putLong(SI_VALUE, value);
        return info;
    }

    /** Input or output is possible on a descriptor; {@code band} are events of poll(2). */
    public static SignalInfo ofInput(int signal, int code, int band, int descriptor) {
        var info = of(signal, code);
        info.bytes.putLong(SI_BAND, band).putInt(SI_FD, descriptor);
        return info;
    }

    /** A message has come to a queue of mq_notify(2): from whom, and the value asked for. */
    public static SignalInfo ofMessage(int signal, int processId, int user, long value) {
        var info = of(signal, SignalCode.SI_MESGQ);
        info.bytes.putInt(SI_PID, processId).putInt(SI_UID, user).putLong(SI_VALUE, value);
        return info;
    }

    /** A siginfo_t as a guest gave it, for {@code signal}: for rt_sigqueueinfo(2). */
    public static SignalInfo ofGuest(int signal, byte[] guest) {
        var bytes = guest.clone();
        var info = new SignalInfo(bytes);
        info.bytes.putInt(SI_SIGNO, signal);
        return info;
    }

    public int signal() {
        return bytes.getInt(SI_SIGNO);
    }

    public int errno() {
        return bytes.getInt(SI_ERRNO);
    }

    public int code() {
        return bytes.getInt(SI_CODE_OFFSET);
    }

    public int processId() {
        return bytes.getInt(SI_PID);
    }

    public int user() {
        return bytes.getInt(SI_UID);
    }

    public int status() {
        return bytes.getInt(SI_STATUS);
    }

    public long value() {
        return bytes.getLong(SI_VALUE);
    }

    public long address() {
        return bytes.getLong(SI_ADDR);
    }

    public int timer() {
        return bytes.getInt(SI_TIMERID);
    }

    public int overrun() {
        return bytes.getInt(SI_OVERRUN);
    }

    public long userTicks() {
        return bytes.getLong(SI_UTIME);
    }

    public long systemTicks() {
        return bytes.getLong(SI_STIME);
    }

    /** A copy of the structure, {@code SigInfo.BYTES} long. */
    public byte[] toBytes() {
        return bytes.array().clone();
    }

    /** The signal as it is when it is taken out of the queue: a timer's knows its overrun only now. */
    SignalInfo taken() {
        if (overrun == null) {
            return this;
        }
        var copy = new SignalInfo(toBytes());
        copy.bytes.putInt(SI_OVERRUN, overrun.getAsInt());
        return copy;
    }

    @Override
    public String toString() {
        return "signal " + signal() + ", code " + code();
    }
}
