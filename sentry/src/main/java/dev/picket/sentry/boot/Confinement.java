package dev.picket.sentry.boot;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Kvm;
import dev.picket.platform.linux.Seccomp;
import dev.picket.sentry.syscall.SyscallTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes from the worker process what it does not need once it is warm: a seccomp(2) filter for all of its threads, so that
 * somebody who breaks out of the Sentry is in a process that cannot open a path, start a program or make a socket.
 *
 * <p>What is not on the list fails with EPERM, for a JVM asks for odd things and can do without; what only an intruder
 * would ask for ends the process.
 */
final class Confinement {
    /** System property: {@code false} leaves the worker as it is, for looking for errors. */
    private static final String SWITCH = "picket.worker.confined";

    /** The JVM, glibc, the platform and the Sentry's own work. Those of every stop of a guest come first. */
    private static final List<String> ALLOWED = List.of(
            "ptrace",
            "wait4",
            "waitid",
            "futex",
            "tgkill",
            "kill",
            "getpid",
            "gettid",
            "sched_getaffinity",
            "sched_setaffinity",
            "sched_yield",
            "getcpu",
            "clock_gettime",
            "clock_getres",
            "gettimeofday",
            "time",
            "clock_nanosleep",
            "nanosleep",
            "rt_sigprocmask",
            "rt_sigaction",
            "rt_sigreturn",
            "rt_sigtimedwait",
            "sigaltstack",
            "restart_syscall",
            "mmap",
            "mprotect",
            "munmap",
            "madvise",
            "mremap",
            "brk",
            "mincore",
            "membarrier",
            "read",
            "pread64",
            "readv",
            "preadv",
            "write",
            "pwrite64",
            "writev",
            "pwritev",
            "lseek",
            "close",
            "fstat",
            "newfstatat",
            "fstatfs",
            "statx",
            "ftruncate",
            "fallocate",
            "copy_file_range",
            "fcntl",
            "poll",
            "ppoll",
            "sendmsg",
            "recvmsg",
            "shutdown",
            "process_vm_readv",
            "process_vm_writev",
            "getrandom",
            "set_robust_list",
            "rseq",
            "prctl",
            "arch_prctl",
            "getrusage",
            "times",
            "sysinfo",
            "uname",
            "prlimit64",
            "getuid",
            "geteuid",
            "getgid",
            "getegid",
            "set_tid_address",
            "exit",
            "exit_group",
            "pipe2",
            "eventfd2",
            "dup",
            "dup3",
            "getdents64",
            "readlinkat",
            "memfd_create",
            "seccomp");

    /** No part of a Sentry, however badly it fails, asks for these. */
    private static final List<String> DEADLY = List.of(
            "execve",
            "execveat",
            "fork",
            "vfork",
            "socket",
            "connect",
            "bind",
            "listen",
            "accept",
            "accept4",
            "mount",
            "umount2",
            "pivot_root",
            "init_module",
            "finit_module",
            "kexec_load",
            "bpf",
            "unshare",
            "setns");

    /** What a sandbox needs whose root are directories of the host. */
    private static final List<String> PATHS = List.of("openat", "openat2", "readlinkat", "getdents64");

    /** What ioctl(2) may ask for: what the platforms need of descriptors that they have. None of it opens anything else. */
    private static final long[] REQUESTS = {
        Kvm.KVM_RUN,
        Seccomp.SECCOMP_IOCTL_NOTIF_RECV,
        Seccomp.SECCOMP_IOCTL_NOTIF_SEND,
        Seccomp.SECCOMP_IOCTL_NOTIF_ADDFD,
        Seccomp.SECCOMP_IOCTL_NOTIF_SET_FLAGS,
        Kvm.KVM_SET_USER_MEMORY_REGION,
        Kvm.KVM_CREATE_VCPU,
        Kvm.KVM_GET_SREGS,
        Kvm.KVM_SET_SREGS,
        Kvm.KVM_SET_MSRS,
        Kvm.KVM_SET_SIGNAL_MASK,
        Kvm.KVM_SET_CPUID2,
        Kvm.KVM_GET_VCPU_EVENTS,
        Kvm.KVM_GET_XSAVE,
        Kvm.KVM_SET_XSAVE,
        Kvm.KVM_SET_XCRS,
        Kvm.KVM_SET_DEVICE_ATTR,
    };

    private static final int CLONE_THREAD = 0x1_0000;
    private static final int AT_FDCWD = -100;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int INSTRUCTION_BYTES = 8; // struct sock_filter
    private static final int PROGRAM_BYTES = 16; // struct sock_fprog

    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<long[]> instructions = new ArrayList<>();

    private Confinement(SyscallTable table) {
        table.entries().forEach(entry -> numbers.put(entry.name(), entry.number()));
    }

    /** Whether it is switched on. */
    static boolean isOn() {
        return !"false".equals(System.getProperty(SWITCH));
    }

    /** Confines the process. @throws PlatformException if the host does not let it */
    static void apply(SyscallTable table) {
        if (!isOn()) {
            return;
        }
        int result = Host.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (result < 0) {
            throw new PlatformException("no_new_privs cannot be set", -result);
        }
        var filter = new Confinement(table);
        filter.begin();
        ALLOWED.forEach(name -> filter.answer(name, Seccomp.SECCOMP_RET_ALLOW));
        DEADLY.forEach(name -> filter.answer(name, Seccomp.SECCOMP_RET_KILL_PROCESS));
        filter.allowThreads();
        filter.allowRequests();
        filter.allowReadingByDescriptor();
        // glibc tries clone3 first and then clone, whose flags a filter can see.
        filter.answer("clone3", Seccomp.SECCOMP_RET_ERRNO | Errno.ENOSYS);
        filter.add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ERRNO | Errno.EPERM);
        filter.install();
    }

    /** Takes from a confined process also what only directories of the host need; for good. */
    static void closePaths(SyscallTable table) {
        if (!isOn()) {
            return;
        }
        var filter = new Confinement(table);
        filter.begin();
        PATHS.forEach(name -> filter.answer(name, Seccomp.SECCOMP_RET_ERRNO | Errno.EPERM));
        filter.add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ALLOW);
        filter.install();
    }

    private void begin() {
        load(Seccomp.DATA_ARCH);
        add(Seccomp.BPF_JMP_JEQ_K, 1, 0, Seccomp.AUDIT_ARCH_X86_64);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_KILL_PROCESS);
        load(Seccomp.DATA_NR);
    }

    private void answer(String name, int action) {
        add(Seccomp.BPF_JMP_JEQ_K, 0, 1, number(name));
        add(Seccomp.BPF_RET_K, 0, 0, action);
    }

    /** clone(2) for threads; anything else would be a process. */
    private void allowThreads() {
        add(Seccomp.BPF_JMP_JEQ_K, 0, 4, number("clone"));
        load(Seccomp.DATA_ARGUMENTS);
        add(Seccomp.BPF_JMP_JSET_K, 0, 1, CLONE_THREAD);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ALLOW);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_KILL_PROCESS);
    }

    /** ioctl(2) with a request that is on the list. */
    private void allowRequests() {
        add(Seccomp.BPF_JMP_JEQ_K, 0, 2 * REQUESTS.length + 2, number("ioctl"));
        load(Seccomp.DATA_ARGUMENTS + Long.BYTES);
        for (long request : REQUESTS) {
            add(Seccomp.BPF_JMP_JEQ_K, 0, 1, (int) request);
            add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ALLOW);
        }
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ERRNO | Errno.EPERM);
    }

    /** openat(2) below an open directory and for reading; openat2(2), whose flags are in memory, below a directory. */
    private void allowReadingByDescriptor() {
        int writing = Fcntl.O_WRONLY | Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_TRUNC;
        add(Seccomp.BPF_JMP_JEQ_K, 0, 6, number("openat"));
        load(Seccomp.DATA_ARGUMENTS);
        add(Seccomp.BPF_JMP_JEQ_K, 2, 0, AT_FDCWD);
        load(Seccomp.DATA_ARGUMENTS + 2 * Long.BYTES);
        add(Seccomp.BPF_JMP_JSET_K, 0, 1, writing);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ERRNO | Errno.EACCES);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ALLOW);

        add(Seccomp.BPF_JMP_JEQ_K, 0, 4, number("openat2"));
        load(Seccomp.DATA_ARGUMENTS);
        add(Seccomp.BPF_JMP_JEQ_K, 0, 1, AT_FDCWD);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ERRNO | Errno.EACCES);
        add(Seccomp.BPF_RET_K, 0, 0, Seccomp.SECCOMP_RET_ALLOW);
    }

    private int number(String name) {
        Integer number = numbers.get(name);
        if (number == null) {
            throw new IllegalStateException("no system call is called " + name);
        }
        return number;
    }

    private void load(int offset) {
        add(Seccomp.BPF_LD_W_ABS, 0, 0, offset);
    }

    private void add(int code, int jumpTrue, int jumpFalse, int k) {
        instructions.add(new long[] {code, jumpTrue, jumpFalse, k});
    }

    private void install() {
        long filter = NativeMemory.allocate((long) instructions.size() * INSTRUCTION_BYTES);
        long program = NativeMemory.allocate(PROGRAM_BYTES);
        try {
            long at = filter;
            for (long[] instruction : instructions) {
                NativeMemory.putShort(at, (short) instruction[0]);
                NativeMemory.putByte(at + 2, (byte) instruction[1]);
                NativeMemory.putByte(at + 3, (byte) instruction[2]);
                NativeMemory.putInt(at + 4, (int) instruction[3]);
                at += INSTRUCTION_BYTES;
            }
            NativeMemory.putShort(program, (short) instructions.size());
            NativeMemory.putLong(program + 8, filter);
            int result = Host.seccomp(Seccomp.SECCOMP_SET_MODE_FILTER, Seccomp.SECCOMP_FILTER_FLAG_TSYNC, program);
            if (result != 0) {
                // A positive result is a thread that could not be brought along.
                throw new PlatformException("the worker cannot be confined", result < 0 ? -result : Errno.ESRCH);
            }
        } finally {
            NativeMemory.free(program);
            NativeMemory.free(filter);
        }
    }
}
