package dev.picket.platform.linux;

/** Requests, options and events of ptrace(2). */
public final class Ptrace {
    // Requests
    public static final int PTRACE_TRACEME = 0;
    public static final int PTRACE_PEEKTEXT = 1;
    public static final int PTRACE_PEEKDATA = 2;
    public static final int PTRACE_PEEKUSER = 3;
    public static final int PTRACE_POKETEXT = 4;
    public static final int PTRACE_POKEDATA = 5;
    public static final int PTRACE_POKEUSER = 6;
    public static final int PTRACE_CONT = 7;
    public static final int PTRACE_KILL = 8;
    public static final int PTRACE_SINGLESTEP = 9;
    public static final int PTRACE_GETREGS = 12;
    public static final int PTRACE_SETREGS = 13;
    public static final int PTRACE_GETFPREGS = 14;
    public static final int PTRACE_SETFPREGS = 15;
    public static final int PTRACE_ATTACH = 16;
    public static final int PTRACE_DETACH = 17;
    public static final int PTRACE_SYSCALL = 24;
    public static final int PTRACE_ARCH_PRCTL = 30;
    public static final int PTRACE_SYSEMU = 31;
    public static final int PTRACE_SYSEMU_SINGLESTEP = 32;
    public static final int PTRACE_SETOPTIONS = 0x4200;
    public static final int PTRACE_GETEVENTMSG = 0x4201;
    public static final int PTRACE_GETSIGINFO = 0x4202;
    public static final int PTRACE_SETSIGINFO = 0x4203;
    public static final int PTRACE_GETREGSET = 0x4204;
    public static final int PTRACE_SETREGSET = 0x4205;
    public static final int PTRACE_SEIZE = 0x4206;
    public static final int PTRACE_INTERRUPT = 0x4207;
    public static final int PTRACE_LISTEN = 0x4208;
    public static final int PTRACE_PEEKSIGINFO = 0x4209;
    public static final int PTRACE_GETSIGMASK = 0x420a;
    public static final int PTRACE_SETSIGMASK = 0x420b;
    public static final int PTRACE_GET_SYSCALL_INFO = 0x420e;

    /** Size of the signal set of PTRACE_GETSIGMASK. */
    public static final int SIGMASK_BYTES = 8;

    /** Flag of PTRACE_PEEKSIGINFO: the signals of the process, not of the task. */
    public static final int PTRACE_PEEKSIGINFO_SHARED = 1;

    // What PTRACE_GETEVENTMSG says in stops at calls
    public static final int PTRACE_EVENTMSG_SYSCALL_ENTRY = 1;
    public static final int PTRACE_EVENTMSG_SYSCALL_EXIT = 2;

    // struct ptrace_syscall_info: 0 op (1 byte), 4 arch, 8 instruction pointer, 16 stack pointer,
    // entry and seccomp: 24 number, 32 six arguments, seccomp: 80 data; exit: 24 result, 32 whether it is an error
    public static final int PTRACE_SYSCALL_INFO_NONE = 0;
    public static final int PTRACE_SYSCALL_INFO_ENTRY = 1;
    public static final int PTRACE_SYSCALL_INFO_EXIT = 2;
    public static final int PTRACE_SYSCALL_INFO_SECCOMP = 3;

    // Options
    public static final int PTRACE_O_TRACESYSGOOD = 1;
    public static final int PTRACE_O_TRACEFORK = 2;
    public static final int PTRACE_O_TRACEVFORK = 4;
    public static final int PTRACE_O_TRACECLONE = 8;
    public static final int PTRACE_O_TRACEEXEC = 16;
    public static final int PTRACE_O_TRACEVFORKDONE = 32;
    public static final int PTRACE_O_TRACEEXIT = 64;
    public static final int PTRACE_O_TRACESECCOMP = 128;
    public static final int PTRACE_O_EXITKILL = 1 << 20;
    public static final int PTRACE_O_SUSPEND_SECCOMP = 1 << 21;
    public static final int PTRACE_O_MASK = 0xff | PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP;

    // Events, in bits 16 and up of a wait status
    public static final int PTRACE_EVENT_FORK = 1;
    public static final int PTRACE_EVENT_VFORK = 2;
    public static final int PTRACE_EVENT_CLONE = 3;
    public static final int PTRACE_EVENT_EXEC = 4;
    public static final int PTRACE_EVENT_VFORK_DONE = 5;
    public static final int PTRACE_EVENT_EXIT = 6;
    public static final int PTRACE_EVENT_SECCOMP = 7;
    public static final int PTRACE_EVENT_STOP = 128;

    // Register sets of PTRACE_GETREGSET; see elf.h
    public static final int NT_PRSTATUS = 1;
    public static final int NT_PRFPREG = 2;
    public static final int NT_X86_XSTATE = 0x202;

    private Ptrace() {}
}
