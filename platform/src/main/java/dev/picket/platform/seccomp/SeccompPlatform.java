package dev.picket.platform.seccomp;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.FpuState;
import dev.picket.platform.host.DescriptorSocket;
import dev.picket.platform.host.GuestMemoryFile;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.stub.FileSlots;
import dev.picket.platform.stub.MappedRanges;
import dev.picket.platform.stub.StubExecutable;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs guest code in stub processes under seccomp(2) filters with user notification: it needs Linux 5.19, no privilege and
 * no ptrace(2), and is the fastest without virtualisation.
 *
 * <p>Everything that needs a path or a program is done when the platform is opened; afterwards the process may give up
 * the rights to open and execute.
 */
public final class SeccompPlatform implements Platform {
    /** Since then a receiver is woken when the last thread of its filter has ended. */
    private static final int[] WOKEN_RECEIVERS = {6, 11};

    private final StubImage image = new StubImage();
    private final Set<StubProcess> processes = ConcurrentHashMap.newKeySet();
    private final boolean pollsFirst;
    private final GuestMemoryFile memory;
    private final SharedSlots frames;
    private final SharedSlots commands;
    private final Post post;
    private final StubProcess template;
    private final Watch watch = new Watch(processes);

    private final long initialFpu = NativeMemory.allocate(FpuState.MAXIMUM_BYTES);
    private long fpuFrameFeatures;
    private int fpuBytes;
    private boolean closed;

    private SeccompPlatform(
            GuestMemoryFile memory, SharedSlots frames, SharedSlots commands, int[] sockets, boolean pollsFirst) {
        this.pollsFirst = pollsFirst;
        this.memory = memory;
        this.frames = frames;
        this.commands = commands;
        this.post = new Post(sockets[0], pollsFirst);
        try {
            template = register(spawnTemplate(sockets[1]));
        } catch (PlatformException e) {
            post.close();
            NativeMemory.free(initialFpu);
            throw e;
        }
        try {
            learnFpu();
        } catch (PlatformException e) {
            template.close();
            post.close();
            NativeMemory.free(initialFpu);
            throw e;
        }
    }

    /**
     * Opens the platform with guest memory of its own.
     *
     * @throws PlatformException if the host refuses something that it needs; the message says what
     */
    public static SeccompPlatform open() {
        return open(!HostFeatures.isLinuxAtLeast(WOKEN_RECEIVERS[0], WOKEN_RECEIVERS[1]));
    }

    /** @param pollsFirst see {@link Listener} */
    static SeccompPlatform open(boolean pollsFirst) {
        if (!HostFeatures.hasFsgsbase()) {
            throw new PlatformException("the processor or the kernel does not let programs read their segment bases");
        }
        int[] sockets = DescriptorSocket.pair(DescriptorSocket.SOCK_SEQPACKET);
        if (sockets == null) {
            throw new PlatformException("socketpair for the stubs failed");
        }
        boolean isOpen = false;
        GuestMemoryFile memory = null;
        SharedSlots frames = null;
        SharedSlots commands = null;
        try {
            memory = GuestMemoryFile.create();
            frames = new SharedSlots("stub-frames", StubLayout.FRAME_BYTES, StubLayout.MAXIMUM_FRAMES);
            commands = new SharedSlots("stub-commands", StubLayout.COMMANDS_BYTES, StubLayout.MAXIMUM_PROCESSES);
            var platform = new SeccompPlatform(memory, frames, commands, sockets, pollsFirst);
            isOpen = true;
            return platform;
        } finally {
            Host.close(sockets[1]);
            if (!isOpen) {
                if (commands != null) {
                    commands.close();
                } else {
                    Host.close(sockets[0]); // nobody owns it yet
                }
                if (frames != null) {
                    frames.close();
                }
                if (memory != null) {
                    memory.close();
                }
            }
        }
    }

    static int[] pipe() {
        long descriptors = NativeMemory.allocate(8);
        try {
            int result = Host.pipe2(descriptors, Fcntl.O_CLOEXEC);
            if (result < 0) {
                throw new PlatformException("pipe for a stub failed", -result);
            }
            return new int[] {NativeMemory.getInt(descriptors), NativeMemory.getInt(descriptors + 4)};
        } finally {
            NativeMemory.free(descriptors);
        }
    }

    private StubProcess spawnTemplate(int socket) {
        int[] control = pipe();
        int slot = commands.acquire();
        StubProcess.prepareMessage(commands.address(slot) + StubLayout.MOTHER);
        int processId = 0;
        try {
            processId = StubExecutable.spawn(
                    image.elf(), memory.descriptor(), frames.descriptor(), commands.descriptor(), socket, control[0]);
            int child = processId;
            Listener mapper;
            synchronized (post) {
                mapper = post.receive("preparing the stub", () -> StubProcess.isAlive(child));
            }
            mapper.receive();
            return new StubProcess(
                    this,
                    control[1],
                    slot,
                    mapper,
                    new MappedRanges(),
                    new FileSlots(StubLayout.FIRST_FILE_DESCRIPTOR));
        } catch (StubLostException | PlatformException e) {
            Host.close(control[1]);
            if (processId != 0) {
                StubProcess.kill(processId);
            }
            if (e instanceof PlatformException refused) {
                throw refused;
            }
            throw new PlatformException("the stub ended while it was prepared");
        } finally {
            Host.close(control[0]);
        }
    }

    /** Has a thread fault once, to see the frame that the kernel makes: with the FPU as it is in a new program. */
    private void learnFpu() {
        try (var context = new SeccompContext(this)) {
            Stop stop;
            do {
                stop = context.run(template);
            } while (stop == Stop.INTERRUPTED);
            if (stop != Stop.FAULT) {
                throw new PlatformException("a stub does not handle its signals: it stopped with " + stop);
            }
            int bytes = context.frame().fpuBytes();
            if (bytes == 0 || bytes > FpuState.MAXIMUM_BYTES || !context.frame().readFpu(initialFpu, bytes)) {
                throw new PlatformException("the kernel's signal frames are not as expected");
            }
            fpuFrameFeatures = context.frame().fpuFeatures();
            FpuState.noteFeatures(initialFpu, fpuFrameFeatures);
            fpuBytes = bytes;
        }
    }

    @Override
    public String name() {
        return "seccomp";
    }

    @Override
    public MemoryFile memory() {
        return memory;
    }

    @Override
    public long addressLimit() {
        return StubLayout.LIMIT;
    }

    @Override
    public AddressSpace newAddressSpace() {
        return template.fork();
    }

    @Override
    public GuestContext newContext() {
        watch.start();
        return new SeccompContext(this);
    }

    Watch watch() {
        return watch;
    }

    StubProcess register(StubProcess process) {
        processes.add(process);
        return process;
    }

    void forget(StubProcess process) {
        processes.remove(process);
    }

    StubImage image() {
        return image;
    }

    SharedSlots frames() {
        return frames;
    }

    SharedSlots commands() {
        return commands;
    }

    Post post() {
        return post;
    }

    /** Size of the XSAVE area in signal frames on this machine; 0 while that is not known. */
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

    /** The mask of features as it stands in the frames that the kernel makes. */
    long fpuFrameFeatures() {
        return fpuFrameFeatures;
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
        post.close();
        frames.close();
        commands.close();
        memory.close();
        NativeMemory.free(initialFpu);
    }
}
