/*
 * What KVM on this machine takes for a system call of ring 3 that ends KVM_RUN, with nothing done about it: the floor
 * under the kvm platform. A guest in ring 3 makes system calls; each goes to a hlt in ring 0, or fails on the way there
 * if KVM is PVM, whose guests have no ring 0; the registers are put back through the shared page, and it runs on.
 *
 *     gcc -O2 -o kvm_exit kvm_exit.c && ./kvm_exit        prints nanoseconds per round trip, the fastest of many batches
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

enum { PAGE = 4096, BATCH = 20 };

/* Physical pages; the tables map USER at its address and the rest at KERNEL. */
enum { PML4, LOW_PDPT, LOW_PD, LOW_PT, HIGH_PDPT, HIGH_PD, HIGH_PT, GDT, IDT, ENTRY, STUBS, TASK, CODE, PAGES };

#define KERNEL 0xffffffff80000000ull
#define USER 0x400000ull
#define AT(page) (KERNEL + (uint64_t)(page) * PAGE)

static uint8_t *memory;

static uint64_t *table(int page) { return (uint64_t *)(memory + page * PAGE); }

static int check(int result, const char *what) {
    if (result < 0) {
        err(1, "%s", what);
    }
    return result;
}

static void write_tables(void) {
    table(PML4)[0] = LOW_PDPT * PAGE | 7;
    table(LOW_PDPT)[0] = LOW_PD * PAGE | 7;
    table(LOW_PD)[2] = LOW_PT * PAGE | 7;
    table(LOW_PT)[0] = CODE * PAGE | 0x67;
    table(PML4)[511] = HIGH_PDPT * PAGE | 3;
    table(HIGH_PDPT)[510] = HIGH_PD * PAGE | 3;
    table(HIGH_PD)[0] = HIGH_PT * PAGE | 3;
    for (int page = GDT; page <= TASK; page++) {
        table(HIGH_PT)[page] = (uint64_t)page * PAGE | 0x63;
    }
    table(GDT)[2] = 0x00af9b000000ffff;
    table(GDT)[3] = 0x00cf93000000ffff;
    table(GDT)[5] = 0x00cff3000000ffff;
    table(GDT)[6] = 0x00affb000000ffff;
    for (int vector = 0; vector < 32; vector++) {
        uint64_t stub = AT(STUBS) + vector * 16;
        table(IDT)[vector * 2] = (stub & 0xffff) | 0x10 << 16 | 0x8eull << 40 | (stub >> 16 & 0xffff) << 48;
        table(IDT)[vector * 2 + 1] = stub >> 32;
        memory[STUBS * PAGE + vector * 16] = 0xf4; /* hlt */
    }
    memory[ENTRY * PAGE] = 0xf4;
    *(uint64_t *)(memory + TASK * PAGE + 4) = AT(TASK + 1); /* rsp0 */
    memcpy(memory + CODE * PAGE, "\x0f\x05\xeb\xfc", 4);    /* syscall; jmp to it */
}

static struct kvm_segment segment(int selector, int privilege, int type, int is_long) {
    return (struct kvm_segment){.limit = 0xffffffff,
                                .selector = selector,
                                .type = type,
                                .present = 1,
                                .dpl = privilege,
                                .db = !is_long,
                                .s = 1,
                                .l = is_long,
                                .g = 1};
}

static void set_msr(int cpu, uint32_t index, uint64_t value) {
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entry;
    } msrs = {.head.nmsrs = 1, .entry = {.index = index, .data = value}};
    if (ioctl(cpu, KVM_SET_MSRS, &msrs) != 1) {
        errx(1, "MSR %x cannot be set", index);
    }
}

static double nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    int kvm = check(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    int machine = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    memory = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    write_tables();
    struct kvm_userspace_memory_region slot = {.memory_size = PAGES * PAGE, .userspace_addr = (uint64_t)memory};
    check(ioctl(machine, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
    int cpu = check(ioctl(machine, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    int size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + 256 * sizeof cpuid->entries[0]);
    cpuid->nent = 256;
    check(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "KVM_GET_SUPPORTED_CPUID");
    check(ioctl(cpu, KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");

    struct kvm_sregs system;
    check(ioctl(cpu, KVM_GET_SREGS, &system), "KVM_GET_SREGS");
    system.cr0 = 0x80050033;
    system.cr3 = PML4 * PAGE;
    system.cr4 = 0x50620;
    system.efer = 0xd01;
    struct kvm_segment user_code = segment(0x33, 3, 11, 1);
    struct kvm_segment user_data = segment(0x2b, 3, 3, 0);
    system.cs = user_code;
    system.ds = system.es = system.fs = system.gs = system.ss = user_data;
    system.tr = (struct kvm_segment){.base = AT(TASK), .limit = 103, .selector = 0x40, .type = 11, .present = 1};
    system.gdt = (struct kvm_dtable){.base = AT(GDT), .limit = 63};
    system.idt = (struct kvm_dtable){.base = AT(IDT), .limit = 511};
    check(ioctl(cpu, KVM_SET_SREGS, &system), "KVM_SET_SREGS");
    set_msr(cpu, 0xc0000081, 0x0023001000000000);
    set_msr(cpu, 0xc0000082, AT(ENTRY));
    set_msr(cpu, 0xc0000084, 0x47700);
    struct kvm_regs registers = {.rip = USER, .rflags = 0x202};
    check(ioctl(cpu, KVM_SET_REGS, &registers), "KVM_SET_REGS");
    run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;

    double best = 1e9, end = nanos() + seconds * 1e9;
    while (nanos() < end) {
        double start = nanos();
        for (int i = 0; i < BATCH; i++) {
            check(ioctl(cpu, KVM_RUN, 0), "KVM_RUN");
            if (run->exit_reason != KVM_EXIT_HLT || run->s.regs.regs.rcx != USER + 2) {
                errx(1, "exit %d at %llx", run->exit_reason, run->s.regs.regs.rip);
            }
            run->s.regs.regs.rax = i;
            run->s.regs.regs.rip = run->s.regs.regs.rcx;
            run->s.regs.regs.rflags = run->s.regs.regs.r11;
            run->s.regs.sregs.cs = user_code;
            run->s.regs.sregs.ss = user_data;
            run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
        }
        double cost = (nanos() - start) / BATCH;
        best = cost < best ? cost : best;
    }
    printf("%.0f\n", best);
    return 0;
}
