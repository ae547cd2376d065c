package dev.picket.platform.ptrace;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.amd64.FpuState;
import dev.picket.platform.host.DescriptorSocket;
import dev.picket.platform.host.GuestMemoryFile;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.stub.MappedRanges;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs guest code in stub processes under ptrace(2): it works wherever ptrace of one's own children is allowed.
 *
 * <p>Everything that needs a path or a program is done when the platform is opened; afterwards the process may give up
 * the rights to open and execute. Its user must not change any more, though: the stubs keep the one they have.
 */
public final class PtracePlatform implements Platform {
    private final StubImage image = new StubImage();
    private final CpuPins pins = new CpuPins();
    private final Set<StubProcess> processes = ConcurrentHashMap.newKeySet();
    private final GuestMemoryFile memory;
    private final int lifeline;
    private final DescriptorQueue queue;
    private final StubProcess template;

    private final Watch watch = new Watch(processes);

    private final long initialFpu;
    private int fpuBytes;
    private boolean closed;

    private PtracePlatform(GuestMemoryFile memory) {
        this.memory = memory;
        this.initialFpu = NativeMemory.allocate(FpuState.MAXIMUM_BYTES);
        int[] pipe = pipe();
        int[] sockets = DescriptorSocket.pair(DescriptorSocket.SOCK_SEQPACKET);
        if (sockets == null) {
            Host.close(pipe[0]);
            Host.close(pipe[1]);
            throw new PlatformException("socketpair for the stubs failed");
        }
        this.lifeline = pipe[1];
        this.queue = new DescriptorQueue(sockets[0]);
        int processId;
        try {
            processId = StubTemplate.spawn(image, memory.descriptor(), pipe[0], sockets[1]);
        } catch (PlatformException e) {
            Host.close(lifeline);
            queue.close();
            NativeMemory.free(initialFpu);
            throw e;
        } finally {
            Host.close(pipe[0]);
            Host.close(sockets[1]);
        }
        template = register(new StubProcess(this, processId, new MappedRanges(), new StubFiles(memory, queue)));
        prepareTemplate();
    }

    /**
     * Opens the platform with guest memory of its own.
     *
     * @throws PlatformException if the host refuses something that it needs; the message says what
     */
    public static PtracePlatform open() {
        var memory = GuestMemoryFile.create();
        try {
            return new PtracePlatform(memory);
        } catch (PlatformException e) {
            memory.close();
            throw e;
        }
    }

    private static int[] pipe() {
        long descriptors = NativeMemory.allocate(8);
        try {
            int result = Host.pipe2(descriptors, Fcntl.O_CLOEXEC);
            if (result < 0) {
                throw new PlatformException("pipe for the stubs failed", -result);
            }
            return new int[] {NativeMemory.getInt(descriptors), NativeMemory.getInt(descriptors + 4)};
        } finally {
            NativeMemory.free(descriptors);
        }
    }

    private void prepareTemplate() {
        try {
            template.withParked(tracee -> {
                try {
                    StubTemplate.confine(image, tracee);
                    // Nothing but the kernel has touched the FPU so far: this is the state of a new program.
                    fpuBytes = tracee.readFpu(initialFpu, FpuState.MAXIMUM_BYTES);
                } catch (StubLostException e) {
                    throw new PlatformException("the stub ended while it was prepared");
                }
            });
        } catch (StubLostException e) {
            close();
            throw new PlatformException("the stub ended while it was prepared");
        } catch (PlatformException e) {
            close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "ptrace";
    }

    @Override
    public MemoryFile memory() {
        return memory;
    }

    @Override
    public long addressLimit() {
        return StubImage.LIMIT;
    }

    @Override
    public AddressSpace newAddressSpace() {
        return template.fork();
    }

    @Override
    public GuestContext newContext() {
        watch.start();
        return new PtraceContext(this);
    }

    StubProcess register(StubProcess process) {
        processes.add(process);
        return process;
    }

    void forget(StubProcess process) {
        processes.remove(process);
    }

    /** Lets the template have a file, so that all later processes inherit it. */
    void shareWithTemplate(MemoryFile file) {
        template.share(file);
    }

    StubImage image() {
        return image;
    }

    CpuPins pins() {
        return pins;
    }

    /** Size of the whole XSAVE area that ptrace(2) takes on this machine. */
    int fpuBytes() {
        return fpuBytes;
    }

    /** Size of the part of it that a guest is shown. */
    int fpuShownBytes() {
        return FpuState.shownBytes(initialFpu, fpuBytes);
    }

    long fpuFeatures() {
        return FpuState.guestFeatures(initialFpu);
    }

    /** Address of the FPU state of a new program. */
    long initialFpu() {
        return initialFpu;
    }

    /** As in {@link Platform}. Nobody may use guest memory or run a context any more. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        watch.close();
        processes.forEach(StubProcess::close);
        queue.close();
        Host.close(lifeline); // a stub that was missed ends now
        memory.close();
        NativeMemory.free(initialFpu);
    }
}
