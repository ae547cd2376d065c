package dev.picket.platform.kvm;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Kvm;

/** The virtual machine itself: its descriptor, its memory slots, what its CPUs can do. Guarded by its users. */
final class VirtualMachine implements AutoCloseable {
    private static final String DEVICE = "/dev/kvm";

    /** A slot that is made and removed again, for what its removal does. */
    private static final int DUMMY_SLOT = 0;

    /** The first slot that others may use. */
    static final int FIRST_SLOT = 1;

    /** Physical address of the dummy slot; nothing else is there. */
    private static final long DUMMY_ADDRESS = 0x1000;

    private static final long SLOT_BYTES = 32;

    private final CpuFeatures features;
    private final int descriptor;
    private final int runBytes;
    private final int slotLimit;
    private final int cpuLimit;
    private final long slotArea = NativeMemory.allocate(SLOT_BYTES);
    private boolean closed;

    private VirtualMachine(int device) {
        int version = Host.ioctl(device, Kvm.KVM_GET_API_VERSION, 0);
        if (version != Kvm.KVM_API_VERSION) {
            throw new PlatformException(DEVICE + " speaks version " + version + ", not " + Kvm.KVM_API_VERSION);
        }
        require(device, Kvm.KVM_CAP_USER_MEMORY, "memory slots");
        require(device, Kvm.KVM_CAP_SYNC_MMU, "mappings of the host that change");
        require(device, Kvm.KVM_CAP_READONLY_MEM, "read-only memory slots");
        require(device, Kvm.KVM_CAP_XSAVE, "XSAVE");
        require(device, Kvm.KVM_CAP_XCRS, "XCR0");
        require(device, Kvm.KVM_CAP_VCPU_EVENTS, "pending events");
        int synchronised = extension(device, Kvm.KVM_CAP_SYNC_REGS);
        long needed = Kvm.KVM_SYNC_X86_REGS | Kvm.KVM_SYNC_X86_SREGS;
        if ((synchronised & needed) != needed) {
            throw new PlatformException(DEVICE + " is too old: registers cannot be shared with it");
        }
        slotLimit = extension(device, Kvm.KVM_CAP_NR_MEMSLOTS);
        cpuLimit = extension(device, Kvm.KVM_CAP_MAX_VCPUS);
        runBytes = check(Host.ioctl(device, Kvm.KVM_GET_VCPU_MMAP_SIZE, 0), "size of a virtual CPU's area");
        features = CpuFeatures.read(device);
        int result;
        do {
            result = Host.ioctl(device, Kvm.KVM_CREATE_VM, 0);
        } while (result == -Errno.EINTR);
        descriptor = check(result, "creating a virtual machine");
    }

    /** Makes a virtual machine without memory or CPUs. @throws PlatformException with the reason if that does not work */
    static VirtualMachine create() {
        int device = Host.openat(Fcntl.AT_FDCWD, DEVICE, Fcntl.O_RDWR | Fcntl.O_CLOEXEC, 0);
        if (device == -Errno.ENOENT || device == -Errno.ENXIO || device == -Errno.ENODEV) {
            throw new PlatformException("there is no " + DEVICE + " on this machine", -device);
        } else if (device == -Errno.EACCES || device == -Errno.EPERM) {
            throw new PlatformException("this user may not open " + DEVICE, -device);
        }
        check(device, "opening " + DEVICE);
        try {
            return new VirtualMachine(device);
        } finally {
            Host.close(device);
        }
    }

    private static int extension(int device, int capability) {
        return Math.max(0, Host.ioctl(device, Kvm.KVM_CHECK_EXTENSION, capability));
    }

    private static void require(int device, int capability, String what) {
        if (extension(device, capability) == 0) {
            throw new PlatformException(DEVICE + " is too old: it does not know of " + what);
        }
    }

    static int check(int result, String what) {
        if (result < 0) {
            throw new PlatformException(what + " failed", -result);
        }
        return result;
    }

    CpuFeatures features() {
        return features;
    }

    /** Size of the area that a virtual CPU shares with this process. */
    int runBytes() {
        return runBytes;
    }

    /** Slots have numbers below this. */
    int slotLimit() {
        return slotLimit;
    }

    /** Virtual CPUs have numbers below this. */
    int cpuLimit() {
        return cpuLimit;
    }

    /** The descriptor of a new virtual CPU, or a negated errno. */
    int createCpu(int number) {
        return Host.ioctl(descriptor, Kvm.KVM_CREATE_VCPU, number);
    }

    /** Makes {@code lengthBytes} of this process appear at a physical address. */
    void addSlot(int slot, long physicalAddress, long lengthBytes, long hostAddress, boolean readOnly) {
        check(setSlot(slot, physicalAddress, lengthBytes, hostAddress, readOnly), "adding a memory slot");
    }

    void removeSlot(int slot) {
        check(setSlot(slot, 0, 0, 0, false), "removing a memory slot");
    }

    /**
     * Makes KVM forget everything it derived from page tables, in all address spaces. The removal of any slot does that:
     * kvm_arch_flush_shadow_memslot() in the kernel.
     */
    void forgetDerivedTables(long hostPage) {
        addSlot(DUMMY_SLOT, DUMMY_ADDRESS, PageEntry.PAGE_BYTES, hostPage, true);
        removeSlot(DUMMY_SLOT);
    }

    private int setSlot(int slot, long physicalAddress, long lengthBytes, long hostAddress, boolean readOnly) {
        NativeMemory.putInt(slotArea, slot);
        NativeMemory.putInt(slotArea + 4, readOnly ? Kvm.KVM_MEM_READONLY : 0);
        NativeMemory.putLong(slotArea + 8, physicalAddress);
        NativeMemory.putLong(slotArea + 16, lengthBytes);
        NativeMemory.putLong(slotArea + 24, hostAddress);
        int result;
        do {
            result = Host.ioctl(descriptor, Kvm.KVM_SET_USER_MEMORY_REGION, slotArea);
        } while (result == -Errno.EINTR);
        return result;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Host.close(descriptor);
            NativeMemory.free(slotArea);
            features.close();
        }
    }
}
