package dev.picket.platform.ptrace;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.linux.Wait;
import dev.picket.platform.stub.CpuAccount;
import dev.picket.platform.stub.MappedRanges;
import dev.picket.platform.stub.PendingChanges;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An address space: a stub process, whose threads are each traced by the Java thread that runs a context in it, or parked.
 *
 * <p>A mapping can only be changed by a stopped thread of the process, and only the Java thread that traces it can make it
 * do so. So changes are noted in {@link PendingChanges} and made by whoever next lets a thread of this process run; if
 * some thread runs guest code at that moment, they are made at once: by the caller, if it holds a stopped thread here, or
 * else by a running one, which is kicked for it.
 */
final class StubProcess implements AddressSpace {
    /** How many parked threads a process keeps for the guest's next threads; more are ended. */
    private static final int PARKED_THREADS_KEPT = 4;

    /** How long a context that waits for a thread goes without looking whether it was interrupted. */
    private static final long INTERRUPT_CHECK_NANOS = 10_000_000;

    private static final int SIGNAL_INFORMATION_BYTES = 128;

    private static final PtraceContext[] NONE = {};

    private final PtracePlatform platform;
    private final int processId;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private final PendingChanges pending = new PendingChanges();
    private final MappedRanges mapped;
    private final StubFiles files;
    private final ArrayDeque<Integer> parked = new ArrayDeque<>();

    /** How many of the parked threads are spoken for by contexts that will run here. */
    private int reserved;

    /** How many contexts wait for a thread. */
    private int wanted;

    private boolean ended;
    private long settledCpuNanos;

    /** The contexts that trace a thread of this process; replaced, never changed. */
    private volatile PtraceContext[] attached = NONE;

    /** Whether a context has to see to something here before it runs guest code: see {@link #settle}. */
    private volatile boolean attention;

    /** How many threads wait on {@link #changed} for a context to stop. */
    private volatile int waiters;

    StubProcess(PtracePlatform platform, int processId, MappedRanges mapped, StubFiles files) {
        this.platform = platform;
        this.processId = processId;
        this.mapped = mapped;
        this.files = files;
        parked.add(processId);
    }

    // ---- Mappings

    @Override
    public void map(long address, MemoryFile file, long offset, long length, int access, boolean populate) {
        long end = checkRange(address, length);
        if (((offset | offset + length) & StubImage.PAGE_BYTES - 1) != 0 || offset < 0 || offset + length < 0) {
            throw new IllegalArgumentException("offset " + offset + " is no multiple of the page size, or too large");
        }
        if ((access & Access.WRITE) != 0 && !file.isWritable()) {
            throw new IllegalArgumentException("writable mapping of a file that is not");
        }
        lock.lock();
        try {
            pending.map(address, end, file, offset, access, populate);
            mapped.add(address, end);
            publish();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void protect(long address, long length, int access) {
        long end = checkRange(address, length);
        lock.lock();
        try {
            mapped.forEach(address, end, (from, to) -> pending.protect(from, to, access));
            publish();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void unmap(long address, long length) {
        long end = checkRange(address, length);
        lock.lock();
        try {
            mapped.forEach(address, end, pending::unmap);
            mapped.remove(address, end);
            publish();
        } finally {
            lock.unlock();
        }
    }

    private static long checkRange(long address, long length) {
        long mask = StubImage.PAGE_BYTES - 1;
        if (((address | length) & mask) != 0 || length <= 0 || address < 0 || address > StubImage.LIMIT - length) {
            throw new IllegalArgumentException(
                    "range of " + length + " bytes at 0x" + Long.toHexString(address) + " is not the guest's");
        }
        return address + length;
    }

    /** Makes sure that no guest code runs any more that does not know the pending changes. Called with the lock held. */
    private void publish() {
        if (pending.isEmpty() || ended) {
            return;
        }
        // A context first says that it runs, then looks for attention: one of the two sees the other.
        attention = true;
        if (!isAnyRunning()) {
            return;
        }
        var own = ownContext();
        if (own != null) {
            settle(own);
            return;
        }
        boolean interrupted = false;
        waiters++;
        try {
            while (!pending.isEmpty() && !ended && kickRunning()) {
                try {
                    changed.await();
                } catch (InterruptedException e) {
                    interrupted = true; // the wait is short and cannot be given up half-way
                }
            }
        } finally {
            waiters--;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isAnyRunning() {
        for (var context : attached) {
            if (context.isRunning()) {
                return true;
            }
        }
        return false;
    }

    private boolean kickRunning() {
        boolean any = false;
        for (var context : attached) {
            if (context.isRunning()) {
                context.kick();
                any = true;
            }
        }
        return any;
    }

    /** The context of the current Java thread that holds a stopped thread of this process, or null. */
    private PtraceContext ownContext() {
        for (var context : attached) {
            if (context.isOwnedByCurrentThread()) {
                return context;
            }
        }
        return null;
    }

    /** Whether {@link #settle} must be called before guest code runs. */
    boolean needsAttention() {
        return attention;
    }

    /** To be called when a context has stopped running guest code. */
    void contextStopped() {
        if (waiters != 0) {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Makes the changes that are pending and the threads that are wanted.
     *
     * @param context holds a stopped thread of this process and belongs to the current Java thread
     * @return false if the process is gone
     */
    boolean settle(PtraceContext context) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            var tracee = context.traceeForInjection();
            applyPending(tracee);
            while (wanted > parked.size() - reserved) {
                parked.add(tracee.cloneParked(Tracee.CLONE_THREAD_FLAGS));
            }
            attention = false;
            changed.signalAll();
            return true;
        } catch (StubLostException e) {
            end(0);
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void applyPending(Tracee tracee) throws StubLostException {
        for (var change = pending.poll(); change != null; change = pending.poll()) {
            long length = change.end() - change.start();
            long result;
            switch (change.kind()) {
                case MAP:
                    int flags = Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE;
                    if (change.populate()) {
                        flags |= Mman.MAP_POPULATE;
                    }
                    int descriptor = descriptor(change.file(), tracee);
                    result = tracee.inject(
                            SyscallNumber.MMAP,
                            change.start(),
                            length,
                            change.access(),
                            flags,
                            descriptor,
                            change.offset());
                    break;
                case PROTECT:
                    result = tracee.inject(SyscallNumber.MPROTECT, change.start(), length, change.access());
                    break;
                default:
                    result = tracee.inject(SyscallNumber.MUNMAP, change.start(), length, 0);
                    break;
            }
            if (result < 0) {
                throw new PlatformException(change.kind() + " in a stub failed", (int) -result);
            }
        }
    }

    private int descriptor(MemoryFile file, Tracee tracee) throws StubLostException {
        if (file.isMapped() && !files.has(file)) {
            platform.shareWithTemplate(file); // so that the sandbox's next processes have it from the start
        }
        return files.descriptor(file, tracee);
    }

    /** Gives this process, which must have a parked thread, a descriptor of the file. */
    void share(MemoryFile file) {
        lock.lock();
        try {
            if (!files.has(file)) {
                borrow(tracee -> files.descriptor(file, tracee));
            }
        } catch (StubLostException e) {
            throw new PlatformException("the template of the stubs is gone");
        } finally {
            lock.unlock();
        }
    }

    // ---- Processes and threads

    @Override
    public AddressSpace fork() {
        lock.lock();
        try {
            if (ended) {
                throw new PlatformException("fork of an address space that is gone");
            }
            var own = ownContext();
            int child = own == null ? borrow(this::forkBy) : forkBy(own.traceeForInjection());
            return platform.register(new StubProcess(platform, child, mapped.copy(), files.copy()));
        } catch (StubLostException e) {
            end(0);
            throw new PlatformException("a stub was lost while it was forked");
        } finally {
            lock.unlock();
        }
    }

    private int forkBy(Tracee tracee) throws StubLostException {
        applyPending(tracee);
        return tracee.cloneParked(Tracee.CLONE_PROCESS_FLAGS);
    }

    private interface Loan {
        int apply(Tracee tracee) throws StubLostException;
    }

    /** Has a parked thread do something and parks it again. Called with the lock held. */
    private int borrow(Loan loan) throws StubLostException {
        Integer threadId = parked.poll();
        if (threadId == null) {
            throw new IllegalStateException(
                    "the current thread holds no thread of this address space, and none is parked");
        }
        platform.pins().pinHere(threadId);
        try (var tracee = Tracee.attach(platform.image(), processId, threadId)) {
            int result = loan.apply(tracee);
            tracee.park();
            parked.add(threadId);
            return result;
        }
    }

    /** Has a parked thread inspected, or prepared, by the current thread. */
    void withParked(java.util.function.Consumer<Tracee> action) throws StubLostException {
        lock.lock();
        try {
            borrow(tracee -> {
                action.accept(tracee);
                return 0;
            });
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes sure that there will be a thread for one more context to run here.
     *
     * @param context holds a stopped thread of this process and belongs to the current Java thread
     * @return false if the process is gone
     */
    boolean reserve(PtraceContext context) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            if (parked.size() == reserved) {
                parked.add(context.traceeForInjection().cloneParked(Tracee.CLONE_THREAD_FLAGS));
            }
            reserved++;
            return true;
        } catch (StubLostException e) {
            end(0);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back what {@link #reserve} promised. */
    void cancelReservation() {
        lock.lock();
        try {
            reserved--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Attaches the current Java thread to a parked thread, for a context to run here.
     *
     * @param hasReservation whether the context has a reservation here, which is used up
     * @return null if the process is gone, or if the context was interrupted while it waited for a thread
     */
    Tracee attach(PtraceContext context, boolean hasReservation) {
        lock.lock();
        try {
            if (hasReservation) {
                reserved--;
            }
            if (!awaitParked(context)) {
                return null;
            }
            int threadId = parked.poll();
            context.pin(threadId);
            var tracee = Tracee.attach(platform.image(), processId, threadId);
            settleCpuTime();
            var contexts = java.util.Arrays.copyOf(attached, attached.length + 1);
            contexts[attached.length] = context;
            context.attached(tracee);
            attached = contexts;
            return tracee;
        } catch (StubLostException e) {
            end(0);
            return null;
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitParked(PtraceContext context) {
        if (!ended && parked.size() > reserved) {
            return true;
        }
        boolean interrupted = false;
        wanted++;
        waiters++;
        try {
            while (!ended && parked.size() <= reserved && !context.isInterruptRequested()) {
                attention = true;
                kickRunning();
                try {
                    changed.await(INTERRUPT_CHECK_NANOS, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            waiters--;
            wanted--;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !ended && parked.size() > reserved;
    }

    /** Takes the thread of a context back: parks it, or ends it if enough are parked. Called by the context's owner. */
    void detach(PtraceContext context, Tracee tracee) {
        lock.lock();
        try {
            settleCpuTime();
            remove(context);
            if (ended) {
                return;
            }
            if (tracee.threadId() == processId || parked.size() < reserved + PARKED_THREADS_KEPT) {
                tracee.park();
                parked.add(tracee.threadId());
            } else {
                tracee.exit();
            }
            changed.signalAll();
        } catch (StubLostException e) {
            end(0);
        } finally {
            lock.unlock();
        }
    }

    private void remove(PtraceContext context) {
        var left = new java.util.ArrayList<>(java.util.Arrays.asList(attached));
        left.remove(context);
        attached = left.toArray(NONE);
        context.detached();
    }

    // ---- The end

    @Override
    public void close() {
        lock.lock();
        try {
            end(0);
        } finally {
            lock.unlock();
        }
    }

    /** To be called by a context whose thread has ended, and was reaped. */
    void threadEnded(int threadId) {
        lock.lock();
        try {
            end(threadId);
        } finally {
            lock.unlock();
        }
    }

    /** To be called if the Java thread of a context has ended: the host has killed the process then. */
    void ownerEnded(PtraceContext context) {
        lock.lock();
        try {
            end(0);
            remove(context);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Kills the process and reaps it. Its first thread can be reaped only after all others that are traced; whether we or
     * their tracers do that makes no difference, the other finds nothing to wait for.
     *
     * @param reaped id of a thread that was reaped already, or 0: if it is the process's own, that id may have been given
     *     to somebody else by now
     */
    private void end(int reaped) {
        if (ended) {
            return;
        }
        settleCpuTime();
        ended = true;
        attention = true;
        if (reaped != processId) {
            Host.kill(processId, Signal.SIGKILL);
            for (var context : attached) {
                int threadId = context.threadId();
                if (threadId != processId && threadId != reaped) {
                    reap(threadId);
                }
            }
            reap(processId);
        }
        platform.forget(this);
        changed.signalAll();
    }

    private static void reap(int id) {
        long status = NativeMemory.allocate(8);
        try {
            int result;
            do {
                result = Host.waitpid(id, status, Wait.__WALL);
            } while (result == -Errno.EINTR || result > 0 && Tracee.isStopped(NativeMemory.getInt(status)));
        } finally {
            NativeMemory.free(status);
        }
    }

    /**
     * Ends the process if one of its threads has died while its owner was busy elsewhere. Whoever waits for the first
     * thread would otherwise wait until that owner looks: the first thread cannot be reaped before the others.
     */
    void checkAlive() {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            for (var context : attached) {
                if (!context.isRunning() && isDead(context.threadId())) {
                    end(0);
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static boolean isDead(int threadId) {
        long information = NativeMemory.allocate(SIGNAL_INFORMATION_BYTES);
        try {
            int options = Wait.WEXITED | Wait.WNOHANG | Wait.WNOWAIT | Wait.__WALL;
            int result = Host.waitid(Wait.P_PID, threadId, information, options);
            return result == 0 && NativeMemory.getInt(information) != 0; // si_signo stays 0 if there is nothing
        } finally {
            NativeMemory.free(information);
        }
    }

    PtraceContext[] attachedContexts() {
        return attached;
    }

    // ---- CPU time

    void settleCpuTime() {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            long used = CpuAccount.ofProcess(processId);
            long fresh = Math.max(0, used - settledCpuNanos);
            settledCpuNanos += fresh;
            var accounts = new CpuAccount[attached.length];
            for (int i = 0; i < accounts.length; i++) {
                accounts[i] = attached[i].account();
            }
            CpuAccount.share(fresh, accounts);
        } finally {
            lock.unlock();
        }
    }

    int processId() {
        return processId;
    }

    /** Whether more than one context runs here, so that the time each runs has to be taken. */
    boolean isShared() {
        return attached.length > 1;
    }
}
