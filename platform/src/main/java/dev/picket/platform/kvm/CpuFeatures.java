package dev.picket.platform.kvm;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Kvm;

/**
 * What the virtual CPUs can do: the host's processor, without AMX, whose state the host gives only to who asks by
 * arch_prctl(2), and without the leaves by which KVM introduces itself, for nothing of that is of use to a guest in ring 3.
 */
final class CpuFeatures implements AutoCloseable {
    private static final int MAXIMUM_ENTRIES = 256;

    private static final int STATE_LEAF = 0xD;
    private static final int FEATURE_LEAF = 7;

    /** AMX-BF16, AMX-TILE and AMX-INT8 in edx of leaf 7. */
    private static final int AMX_BITS = 1 << 22 | 1 << 24 | 1 << 25;

    /** XTILECFG and XTILEDATA in XCR0. */
    private static final long AMX_STATE = 3L << 17;

    /** Legacy area and header of an XSAVE area. */
    private static final int LEGACY_BYTES = 576;

    private final long area = NativeMemory.allocate(Kvm.CPUID_ENTRIES + MAXIMUM_ENTRIES * Kvm.CPUID_ENTRY_BYTES);
    private long stateMask;
    private int stateBytes = LEGACY_BYTES;

    private CpuFeatures() {}

    static CpuFeatures read(int device) {
        var features = new CpuFeatures();
        NativeMemory.putInt(features.area, MAXIMUM_ENTRIES);
        int result = Host.ioctl(device, Kvm.KVM_GET_SUPPORTED_CPUID, features.area);
        if (result < 0) {
            features.close();
            throw new PlatformException("asking for the features of virtual CPUs failed", -result);
        }
        features.edit();
        return features;
    }

    private void edit() {
        int count = NativeMemory.getInt(area);
        int kept = 0;
        for (int i = 0; i < count; i++) {
            long entry = entry(i);
            int leaf = NativeMemory.getInt(entry);
            if (leaf >>> 28 == 4) {
                continue; // 0x4000_00xx: the hypervisor's
            }
            if (leaf == FEATURE_LEAF && NativeMemory.getInt(entry + 4) == 0) {
                NativeMemory.putInt(entry + 24, NativeMemory.getInt(entry + 24) & ~AMX_BITS);
            }
            if (leaf == STATE_LEAF && !editState(entry)) {
                continue;
            }
            if (kept != i) {
                NativeMemory.copy(entry, entry(kept), Kvm.CPUID_ENTRY_BYTES);
            }
            kept++;
        }
        NativeMemory.putInt(area, kept);
    }

    /** Returns false if the entry is about a component that guests do not get. */
    private boolean editState(long entry) {
        int index = NativeMemory.getInt(entry + 4);
        if (index == 0) {
            long low = NativeMemory.getInt(entry + 12) & 0xffff_ffffL;
            long high = NativeMemory.getInt(entry + 24) & 0xffff_ffffL;
            stateMask = (high << 32 | low) & ~AMX_STATE;
            NativeMemory.putInt(entry + 12, (int) stateMask);
        } else if (index >= 2 && index < 63 && (stateMask >> index & 1) != 0) {
            // Sub-leaf of one component: eax is its size, ebx its offset.
            int end = NativeMemory.getInt(entry + 12) + NativeMemory.getInt(entry + 16);
            stateBytes = Math.max(stateBytes, end);
        }
        return index >= 63 || (AMX_STATE >> index & 1) == 0;
    }

    private long entry(int index) {
        return area + Kvm.CPUID_ENTRIES + (long) index * Kvm.CPUID_ENTRY_BYTES;
    }

    /** Address of a struct kvm_cpuid2. */
    long cpuid() {
        return area;
    }

    /** XCR0 of a guest: which components of the FPU state there are. */
    long stateMask() {
        return stateMask;
    }

    /** Size of the XSAVE area with these components, in the standard format. */
    int stateBytes() {
        return stateBytes;
    }

    @Override
    public void close() {
        NativeMemory.free(area);
    }
}
