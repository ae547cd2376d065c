package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Clocks;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.time.Countdown;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** The timers of a process: those of setitimer(2), of timer_create(2), and RLIMIT_CPU. Any thread may call. */
public final class ProcessTimers {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final ThreadGroup group;
    private final Countdown[] intervals = new Countdown[3];
    private final Map<Integer, PosixTimer> timers = new TreeMap<>();
    private Countdown cpuLimit;
    private int nextId;

    ProcessTimers(ThreadGroup group) {
        this.group = group;
    }

    /** The timer {@code which}, ITIMER_REAL and so on, of setitimer(2). */
    public synchronized Countdown interval(int which) {
        if (intervals[which] == null) {
            intervals[which] = makeInterval(which);
        }
        return intervals[which];
    }

    private Countdown makeInterval(int which) {
        var service = group.kernel().timers();
        return switch (which) {
            case Clocks.ITIMER_REAL -> new Countdown(service, System::nanoTime, false, times -> send(Signal.SIGALRM));
            case Clocks.ITIMER_VIRTUAL -> new Countdown(
                    service, () -> group.usage().userNanos(), true, times -> send(Signal.SIGVTALRM));
            default -> new Countdown(service, this::cpuNanos, true, times -> send(Signal.SIGPROF));
        };
    }

    private void send(int signal) {
        group.signals().send(SignalInfo.ofKernel(signal));
    }

    private long cpuNanos() {
        var usage = group.usage();
        return usage.userNanos() + usage.systemNanos();
    }

    /** Makes a POSIX timer, by CPU time if {@code cpuClock} is not null: EAGAIN if there are too many. */
    public synchronized PosixTimer create(
            int clock, LongSupplier cpuClock, int notify, int signal, long value, Task target) throws ErrnoException {
        if (timers.size() >= Math.min(1_024, group.limits().bound(Resource.RLIMIT_SIGPENDING))) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        while (timers.containsKey(nextId)) {
            nextId = nextId + 1 & Integer.MAX_VALUE;
        }
        int id = nextId;
        nextId = nextId + 1 & Integer.MAX_VALUE;
        int sent = notify == Clocks.SIGEV_SIGNAL && signal == 0 ? Signal.SIGALRM : signal;
        var timer = new PosixTimer(group, id, clock, cpuClock, notify, sent, value, target);
        timers.put(id, timer);
        return timer;
    }

    /** A POSIX timer: EINVAL if there is none of that id. */
    public synchronized PosixTimer timer(int id) throws ErrnoException {
        var timer = timers.get(id);
        if (timer == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return timer;
    }

    public synchronized void delete(int id) throws ErrnoException {
        timer(id).countdown().cancel();
        timers.remove(id);
    }

    /** Begins, or goes on, to watch RLIMIT_CPU, which has just been set or inherited. */
    public synchronized void watchCpuLimit() {
        long limit = group.limits().bound(Resource.RLIMIT_CPU);
        if (cpuLimit != null) {
            cpuLimit.cancel();
        }
        if (limit == Long.MAX_VALUE || limit > Long.MAX_VALUE / NANOS_PER_SECOND) {
            return;
        }
        cpuLimit = new Countdown(group.kernel().timers(), this::cpuNanos, true, times -> cpuLimitReached());
        cpuLimit.set(Math.max(1, limit * NANOS_PER_SECOND - cpuNanos()), NANOS_PER_SECOND);
    }

    /** SIGXCPU at the soft limit and each second after it, SIGKILL at the hard limit; see getrlimit(2). */
    private void cpuLimitReached() {
        long hard = group.limits().get(Resource.RLIMIT_CPU).hard();
        if (hard >= 0 && cpuNanos() / NANOS_PER_SECOND >= hard) {
            long sandbox = group.kernel().options().cpuSeconds();
            if (sandbox > 0 && hard >= sandbox) { // then the sandbox's own time is over, too
                group.kernel().killForCpuTime();
            }
            group.beginExit(Signal.SIGKILL);
        } else {
            send(Signal.SIGXCPU);
        }
    }

    /** execve(2): POSIX timers end, interval timers go on. */
    synchronized void deletePosixTimers() {
        timers.values().forEach(timer -> timer.countdown().cancel());
        timers.clear();
    }

    /** The process ends. */
    synchronized void cancelAll() {
        deletePosixTimers();
        for (var interval : intervals) {
            if (interval != null) {
                interval.cancel();
            }
        }
        if (cpuLimit != null) {
            cpuLimit.cancel();
        }
    }
}
