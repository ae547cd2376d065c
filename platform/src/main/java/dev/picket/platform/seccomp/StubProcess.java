package dev.picket.platform.seccomp;

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
import dev.picket.platform.stub.FileSlots;
import dev.picket.platform.stub.MappedRanges;
import dev.picket.platform.stub.PendingChanges;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An address space: a stub process with its mother, its mapper, and threads for guest code.
 *
 * <p>Changes of mappings are noted in {@link PendingChanges} and made in one go, by the mapper, before guest code next runs
 * here; at once if some runs right now.
 */
final class StubProcess implements AddressSpace {
    /** How many threads without a context a process keeps for the guest's next threads; more are ended. */
    private static final int IDLE_THREADS_KEPT = 4;

    private static final int SIGNAL_INFORMATION_BYTES = 128;

    private static final SeccompContext[] NONE = {};

    private final SeccompPlatform platform;
    private final int processId;
    private final int control;
    private final int commandsSlot;
    private final long commands;
    private final Listener mapper;

    private final ReentrantLock lock = new ReentrantLock();
    private final PendingChanges pending = new PendingChanges();
    private final MappedRanges mapped;
    private final FileSlots files;
    private final ArrayDeque<StubThread> idle = new ArrayDeque<>();

    /** Frame areas that are mapped in the process and have no thread. */
    private final ArrayDeque<Integer> freeFrames = new ArrayDeque<>();

    private boolean ended;
    private long settledCpuNanos;

    /** The contexts that hold a thread of this process; replaced, never changed. */
    private volatile SeccompContext[] attached = NONE;

    /** Whether a context has to see to something here before it runs guest code: see {@link #settle}. */
    private volatile boolean attention;

    /**
     * @param control write end of the mother's pipe, which this object owns
     * @param mapper whose bell has rung for the first time
     */
    StubProcess(
            SeccompPlatform platform,
            int control,
            int commandsSlot,
            Listener mapper,
            MappedRanges mapped,
            FileSlots files) {
        this.platform = platform;
        this.processId = (int) mapper.argument(0);
        this.control = control;
        this.commandsSlot = commandsSlot;
        this.commands = platform.commands().address(commandsSlot);
        this.mapper = mapper;
        this.mapped = mapped;
        this.files = files;
    }

    int processId() {
        return processId;
    }

    // ---- Mappings

    @Override
    public void map(long address, MemoryFile file, long offset, long length, int access, boolean populate) {
        long end = checkRange(address, length);
        if (((offset | offset + length) & StubLayout.PAGE_BYTES - 1) != 0 || offset < 0 || offset + length < 0) {
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
        long mask = StubLayout.PAGE_BYTES - 1;
        if (((address | length) & mask) != 0 || length <= 0 || address < 0 || address > StubLayout.LIMIT - length) {
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
        for (var context : attached) {
            if (context.isRunning()) {
                applyPending();
                return;
            }
        }
    }

    /** Whether {@link #settle} must be called before guest code runs. */
    boolean needsAttention() {
        return attention;
    }

    /**
     * Makes the pending changes.
     *
     * @return false if the process is gone
     * @throws PlatformException if the host refuses one
     */
    boolean settle() {
        lock.lock();
        try {
            return !ended && applyPending();
        } finally {
            lock.unlock();
        }
    }

    private boolean applyPending() {
        try {
            int count = 0;
            for (var change = pending.poll(); change != null; change = pending.poll()) {
                // A new descriptor may take the place of one that a call on the list means.
                if (count == StubLayout.MAXIMUM_CALLS || count > 0 && !hasDescriptor(change.file())) {
                    callMapper(count);
                    count = 0;
                }
                list(change, commands + (long) count * StubLayout.CALL_BYTES);
                count++;
            }
            if (count > 0) {
                callMapper(count);
            }
            attention = false;
            return true;
        } catch (StubLostException e) {
            end();
            return false;
        }
    }

    private void list(PendingChanges.Change change, long at) throws StubLostException {
        NativeMemory.putLong(at + 8, change.start());
        NativeMemory.putLong(at + 16, change.end() - change.start());
        NativeMemory.putLong(at + 24, change.access());
        switch (change.kind()) {
            case MAP:
                int flags = Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE;
                NativeMemory.putLong(at, SyscallNumber.MMAP);
                NativeMemory.putLong(at + 32, change.populate() ? flags | Mman.MAP_POPULATE : flags);
                NativeMemory.putLong(at + 40, descriptor(change.file()));
                NativeMemory.putLong(at + 48, change.offset());
                break;
            case PROTECT:
                NativeMemory.putLong(at, SyscallNumber.MPROTECT);
                break;
            default:
                NativeMemory.putLong(at, SyscallNumber.MUNMAP);
                break;
        }
    }

    private boolean hasDescriptor(MemoryFile file) {
        return file == null || file == platform.memory() || files.find(file) >= 0;
    }

    /** Descriptor of a file in the stub, which is given one if it has none. */
    private int descriptor(MemoryFile file) throws StubLostException {
        if (file == platform.memory()) {
            return StubLayout.MEMORY_DESCRIPTOR;
        }
        int descriptor = files.find(file);
        if (descriptor < 0) {
            descriptor = files.free();
            if (descriptor < 0) {
                descriptor = files.evict();
            }
            mapper.addDescriptor(file.descriptor(), descriptor);
            files.put(descriptor, file);
        }
        return descriptor;
    }

    /** Has the mapper make the first {@code count} calls that are listed. */
    private void callMapper(int count) throws StubLostException {
        mapper.answer(count);
        mapper.receive();
        long result = mapper.argument(1);
        if (result < 0) {
            throw new PlatformException("changing the mappings of a stub failed", (int) -result);
        }
    }

    // ---- Processes and threads

    @Override
    public AddressSpace fork() {
        lock.lock();
        try {
            if (ended || !applyPending()) {
                throw new PlatformException("fork of an address space that is gone");
            }
            return platform.register(makeChild());
        } catch (StubLostException e) {
            end();
            throw new PlatformException("a stub was lost while it was forked");
        } finally {
            lock.unlock();
        }
    }

    private StubProcess makeChild() throws StubLostException {
        int[] pipe = SeccompPlatform.pipe();
        int slot = -1;
        try {
            slot = platform.commands().acquire();
            mapper.addDescriptor(pipe[0], StubLayout.PASSING_DESCRIPTOR);
            prepareMessage(platform.commands().address(slot) + StubLayout.MOTHER);
            long mother = commands + StubLayout.MOTHER;
            NativeMemory.putLong(mother + StubLayout.OPERATION, StubLayout.OPERATION_PROCESS);
            NativeMemory.putLong(
                    mother + StubLayout.CHILD_COMMANDS, platform.commands().offset(slot));
            var childMapper = tellMother("fork of a stub");
            childMapper.receive();
            NativeMemory.putLong(commands, SyscallNumber.CLOSE);
            NativeMemory.putLong(commands + 8, StubLayout.PASSING_DESCRIPTOR);
            callMapper(1);
            return new StubProcess(platform, pipe[1], slot, childMapper, mapped.copy(), files.copy());
        } catch (StubLostException | PlatformException e) {
            Host.close(pipe[1]);
            if (slot >= 0) {
                platform.commands().release(slot);
            }
            throw e;
        } finally {
            Host.close(pipe[0]);
        }
    }

    /** Writes the message that carries a listener; see {@link StubLayout}. */
    static void prepareMessage(long mother) {
        long inStub = StubLayout.COMMANDS + StubLayout.MOTHER;
        NativeMemory.putLong(mother + StubLayout.MESSAGE + 16, inStub + StubLayout.IOVEC);
        NativeMemory.putLong(mother + StubLayout.MESSAGE + 24, 1);
        NativeMemory.putLong(mother + StubLayout.MESSAGE + 32, inStub + StubLayout.CONTROL);
        NativeMemory.putLong(mother + StubLayout.MESSAGE + 40, 24);
        NativeMemory.putLong(mother + StubLayout.IOVEC, inStub);
        NativeMemory.putLong(mother + StubLayout.IOVEC + 8, StubLayout.LISTENER_MESSAGE_BYTES);
        NativeMemory.putLong(mother + StubLayout.CONTROL, 20); // header and one descriptor
        NativeMemory.putInt(mother + StubLayout.CONTROL + 8, 1); // SOL_SOCKET
        NativeMemory.putInt(mother + StubLayout.CONTROL + 12, 1); // SCM_RIGHTS
        NativeMemory.putInt(mother + StubLayout.CONTROL + 16, StubLayout.PASSING_DESCRIPTOR);
    }

    /** Has the mother do what stands in her commands, and returns the listener of who she has made. */
    private Listener tellMother(String what) throws StubLostException {
        var post = platform.post();
        synchronized (post) {
            long wake = NativeMemory.allocate(1);
            long written = Host.write(control, wake, 1);
            NativeMemory.free(wake);
            if (written != 1) {
                throw new StubLostException(); // EPIPE: she is gone
            }
            return post.receive(what, () -> isAlive(processId));
        }
    }

    static boolean isAlive(int processId) {
        long information = NativeMemory.allocate(SIGNAL_INFORMATION_BYTES);
        try {
            int options = Wait.WEXITED | Wait.WNOHANG | Wait.WNOWAIT | Wait.__WALL;
            int result = Host.waitid(Wait.P_PID, processId, information, options);
            return result == 0 && NativeMemory.getInt(information) == 0; // si_signo stays 0 while there is nothing
        } finally {
            NativeMemory.free(information);
        }
    }

    private StubThread makeThread() throws StubLostException {
        Integer free = freeFrames.poll();
        int slot = free == null ? platform.frames().acquire() : free;
        freeFrames.push(slot); // whatever happens, it goes when the process does
        long inStub = StubLayout.FRAMES + platform.frames().offset(slot);
        var frame = new SignalFrame(platform.frames().address(slot), inStub);
        frame.create();
        long mother = commands + StubLayout.MOTHER;
        NativeMemory.putLong(mother + StubLayout.OPERATION, StubLayout.OPERATION_THREAD);
        NativeMemory.putLong(mother + StubLayout.FRAME_ADDRESS, inStub);
        NativeMemory.putLong(mother + StubLayout.FRAME_OFFSET, platform.frames().offset(slot));
        NativeMemory.putLong(mother + StubLayout.FIRST_FRAME, frame.firstFrameInStub());
        NativeMemory.putLong(mother + StubLayout.SIGNAL_STACK, inStub);
        NativeMemory.putLong(mother + StubLayout.SIGNAL_STACK + 16, StubLayout.SIGNAL_STACK_BYTES);
        prepareMessage(mother);
        var listener = tellMother("clone of a stub's thread");
        try {
            listener.receive();
        } catch (StubLostException e) {
            listener.close();
            throw e;
        }
        freeFrames.remove((Integer) slot);
        return new StubThread(slot, listener, frame);
    }

    /**
     * Gives a context a thread to run on, which waits at its bell with registers that mean nothing.
     *
     * @return false if the process is gone
     * @throws PlatformException if the host refuses to make a thread
     */
    boolean attach(SeccompContext context) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            settleCpuTime();
            var thread = idle.poll();
            if (thread == null) {
                thread = makeThread();
            }
            var contexts = java.util.Arrays.copyOf(attached, attached.length + 1);
            contexts[attached.length] = context;
            context.attached(this, thread);
            attached = contexts;
            return true;
        } catch (StubLostException e) {
            end();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the thread of a context back, which waits at its bell if the process has not ended. */
    void detach(SeccompContext context, StubThread thread) {
        lock.lock();
        try {
            settleCpuTime();
            var left = new ArrayList<>(java.util.Arrays.asList(attached));
            left.remove(context);
            attached = left.toArray(NONE);
            context.detached();
            if (ended) {
                thread.listener().close();
                platform.frames().release(thread.slot());
            } else if (idle.size() < IDLE_THREADS_KEPT) {
                idle.push(thread);
            } else {
                freeFrames.push(thread.slot());
                endThread(thread);
            }
        } finally {
            lock.unlock();
        }
    }

    private void endThread(StubThread thread) {
        try {
            thread.listener().answer(StubImage.END_THREAD);
        } catch (StubLostException e) {
            end();
        } finally {
            thread.listener().close();
        }
    }

    // ---- The end

    @Override
    public void close() {
        lock.lock();
        try {
            end();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Kills the process and reaps it. Contexts that wait for a thread of it notice; those that are stopped do when they
     * next run, and give up their frame areas then.
     */
    private void end() {
        if (ended) {
            return;
        }
        settleCpuTime();
        ended = true;
        attention = true;
        kill(processId);
        Host.close(control);
        mapper.close();
        for (var thread : idle) {
            thread.listener().close();
            platform.frames().release(thread.slot());
        }
        idle.clear();
        freeFrames.forEach(slot -> platform.frames().release(slot));
        freeFrames.clear();
        platform.commands().release(commandsSlot);
        platform.forget(this);
    }

    SeccompContext[] attachedContexts() {
        return attached;
    }

    /** Kills and reaps a stub process. */
    static void kill(int processId) {
        Host.kill(processId, Signal.SIGKILL);
        while (Host.waitpid(processId, 0, Wait.__WALL) == -Errno.EINTR) {
            // it is about to end
        }
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

    /** Whether more than one context runs here, so that the time each runs has to be taken. */
    boolean isShared() {
        return attached.length > 1;
    }
}
