package dev.picket.platform.kvm;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.host.GuestMemoryFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Kvm;

/**
 * Runs guest code in a virtual machine of /dev/kvm.
 *
 * <p>The device is opened, and closed again, when the platform is opened; afterwards the process may give up the right to
 * open files. What it goes on to need are requests to the virtual machine and its CPUs.
 */
public final class KvmPlatform implements Platform {
    private final GuestMemoryFile memory;
    private final VirtualMachine machine;
    private final PhysicalMemory physical;
    private final KickSignal kick = new KickSignal();
    private final CpuPool cpus;
    private final long initialFpu = NativeMemory.allocate(Kvm.XSAVE_BYTES);
    private boolean closed;

    private KvmPlatform(GuestMemoryFile memory, VirtualMachine machine, PhysicalMemory physical, int mostCpus) {
        this.memory = memory;
        this.machine = machine;
        this.physical = physical;
        try {
            cpus = new CpuPool(machine, physical.kernel(), kick, mostCpus);
        } catch (PlatformException e) {
            kick.close();
            NativeMemory.free(initialFpu);
            throw e;
        }
        cpus.readInitialFpu(initialFpu);
    }

    /**
     * Opens the platform with guest memory of its own.
     *
     * @throws PlatformException if the host refuses something that it needs; the message says what
     */
    public static KvmPlatform open() {
        return open(Integer.MAX_VALUE);
    }

    /** As {@link #open()}, with at most so many virtual CPUs. */
    static KvmPlatform open(int mostCpus) {
        var machine = VirtualMachine.create();
        GuestMemoryFile memory = null;
        PhysicalMemory physical = null;
        try {
            memory = GuestMemoryFile.create();
            physical = new PhysicalMemory(machine, memory);
            return new KvmPlatform(memory, machine, physical, mostCpus);
        } catch (PlatformException e) {
            machine.close();
            if (physical != null) {
                physical.close();
            }
            if (memory != null) {
                memory.close();
            }
            throw e;
        }
    }

    @Override
    public String name() {
        return "kvm";
    }

    @Override
    public MemoryFile memory() {
        return memory;
    }

    @Override
    public long addressLimit() {
        return KvmAddressSpace.LIMIT;
    }

    @Override
    public AddressSpace newAddressSpace() {
        physical.lock.lock();
        try {
            return new KvmAddressSpace(this).register(null);
        } finally {
            physical.lock.unlock();
        }
    }

    @Override
    public GuestContext newContext() {
        return new KvmContext(this);
    }

    PhysicalMemory physical() {
        return physical;
    }

    CpuPool cpus() {
        return cpus;
    }

    /** Address of the FPU state of a new program. */
    long initialFpu() {
        return initialFpu;
    }

    int fpuBytes() {
        return machine.features().stateBytes();
    }

    long fpuFeatures() {
        return machine.features().stateMask();
    }

    /** As in {@link Platform}. Nobody may use guest memory or run a context any more. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        physical.spaces().forEach(KvmAddressSpace::close);
        cpus.close();
        machine.close();
        physical.close();
        memory.close();
        kick.close();
        NativeMemory.free(initialFpu);
    }
}
