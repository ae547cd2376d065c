package dev.picket.platform.linux;

/**
 * Requests, exits and structures of /dev/kvm on x86-64; {@code linux/kvm.h}, {@code asm/kvm.h} and
 * Documentation/virt/kvm/api.rst of the kernel.
 *
 * <pre>
 * struct kvm_run         1 immediate_exit  8 exit_reason  288 kvm_valid_regs  296 kvm_dirty_regs  304 kvm_regs, kvm_sregs
 * struct kvm_regs        0 rax rbx rcx rdx rsi rdi rsp rbp r8 ... r15 rip rflags
 * struct kvm_sregs       0 cs ds es fs gs ss tr ldt (24 each)  192 gdt idt (16 each)  224 cr0 cr2 cr3 cr4 cr8 efer
 * struct kvm_segment     0 base (8)  8 limit (4)  12 selector (2)  14 type present dpl db s l g avl unusable (1 each)
 * struct kvm_dtable      0 base (8)  8 limit (2)
 * </pre>
 */
public final class Kvm {
    public static final int KVM_API_VERSION = 12;

    // Requests to /dev/kvm itself
    public static final long KVM_GET_API_VERSION = 0xAE00;
    public static final long KVM_CREATE_VM = 0xAE01;
    public static final long KVM_CHECK_EXTENSION = 0xAE03;
    public static final long KVM_GET_VCPU_MMAP_SIZE = 0xAE04;
    public static final long KVM_GET_SUPPORTED_CPUID = 0xC008_AE05L;

    // Requests to a virtual machine
    public static final long KVM_CREATE_VCPU = 0xAE41;
    public static final long KVM_SET_USER_MEMORY_REGION = 0x4020_AE46;

    // Requests to a virtual CPU
    public static final long KVM_RUN = 0xAE80;
    public static final long KVM_GET_SREGS = 0x8138_AE83L;
    public static final long KVM_SET_SREGS = 0x4138_AE84;
    public static final long KVM_SET_MSRS = 0x4008_AE89;
    public static final long KVM_SET_SIGNAL_MASK = 0x4004_AE8B;
    public static final long KVM_SET_CPUID2 = 0x4008_AE90;
    public static final long KVM_GET_VCPU_EVENTS = 0x8040_AE9FL;
    public static final long KVM_GET_XSAVE = 0x9000_AEA4L;
    public static final long KVM_SET_XSAVE = 0x5000_AEA5;
    public static final long KVM_SET_XCRS = 0x4188_AEA7;
    public static final long KVM_SET_DEVICE_ATTR = 0x4018_AEE1;

    // What KVM_CHECK_EXTENSION asks for
    public static final int KVM_CAP_USER_MEMORY = 3;
    public static final int KVM_CAP_NR_MEMSLOTS = 10;
    public static final int KVM_CAP_SYNC_MMU = 16;
    public static final int KVM_CAP_VCPU_EVENTS = 41;
    public static final int KVM_CAP_XSAVE = 55;
    public static final int KVM_CAP_XCRS = 56;
    public static final int KVM_CAP_MAX_VCPUS = 66;
    public static final int KVM_CAP_SYNC_REGS = 74;
    public static final int KVM_CAP_READONLY_MEM = 81;

    // Why KVM_RUN returned
    public static final int KVM_EXIT_HLT = 5;
    public static final int KVM_EXIT_SHUTDOWN = 8;
    public static final int KVM_EXIT_FAIL_ENTRY = 9;
    public static final int KVM_EXIT_INTERNAL_ERROR = 17;

    public static final int KVM_MEM_READONLY = 2;

    // Which registers kvm_run carries
    public static final long KVM_SYNC_X86_REGS = 1;
    public static final long KVM_SYNC_X86_SREGS = 2;

    public static final int KVM_VCPU_TSC_CTRL = 0;
    public static final int KVM_VCPU_TSC_OFFSET = 0;

    // struct kvm_run
    public static final int RUN_EXIT_REASON = 8;
    public static final int RUN_VALID_REGS = 288;
    public static final int RUN_DIRTY_REGS = 296;
    public static final int RUN_REGS = 304;
    public static final int RUN_SREGS = RUN_REGS + 144;

    // struct kvm_sregs
    public static final int SREGS_BYTES = 312;
    public static final int SREGS_CS = 0;
    public static final int SREGS_DS = 24;
    public static final int SREGS_ES = 48;
    public static final int SREGS_FS = 72;
    public static final int SREGS_GS = 96;
    public static final int SREGS_SS = 120;
    public static final int SREGS_TR = 144;
    public static final int SREGS_LDT = 168;
    public static final int SREGS_GDT = 192;
    public static final int SREGS_IDT = 208;
    public static final int SREGS_CR0 = 224;
    public static final int SREGS_CR2 = 232;
    public static final int SREGS_CR3 = 240;
    public static final int SREGS_CR4 = 248;
    public static final int SREGS_EFER = 264;

    // struct kvm_segment
    public static final int SEGMENT_BASE = 0;
    public static final int SEGMENT_LIMIT = 8;
    public static final int SEGMENT_SELECTOR = 12;
    public static final int SEGMENT_ATTRIBUTES = 14;

    /** struct kvm_xsave: an XSAVE area in the standard format. */
    public static final int XSAVE_BYTES = 4096;

    /** struct kvm_vcpu_events: 0 exception.injected, 3 exception.pending. */
    public static final int VCPU_EVENTS_BYTES = 64;

    /** struct kvm_cpuid2: 0 nent, 8 entries of 40 bytes: 0 function 4 index 8 flags 12 eax 16 ebx 20 ecx 24 edx. */
    public static final int CPUID_ENTRIES = 8;

    public static final int CPUID_ENTRY_BYTES = 40;

    private Kvm() {}
}
