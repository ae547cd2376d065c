/* ptrace(2): stops of every kind, registers and memory of the tracee, tracers that come and go. */
#include "check.h"
#include <elf.h>
#include <stddef.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#define TRAP_EVENT(event) (SIGTRAP | (event) << 8)
#define EVENT_OF(status) ((status) >> 8)

static const char *self;

static long call6(long number, long a, long b, long c) {
    long result;
    register long r10 __asm__("r10") = 0;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

/* A child that asked to be traced and stands in its first stop. */
#define TRACED(...)                                                                                        \
    ({                                                                                                     \
        fflush(stdout);                                                                                    \
        pid_t child_ = fork();                                                                             \
        if (child_ == 0) {                                                                                 \
            ptrace(PTRACE_TRACEME, 0, 0, 0);                                                               \
            raise(SIGSTOP);                                                                                \
            __VA_ARGS__;                                                                                   \
            _exit(0);                                                                                      \
        }                                                                                                  \
        int status_;                                                                                       \
        CHECK(waitpid(child_, &status_, 0) == child_ && WIFSTOPPED(status_) && WSTOPSIG(status_) == SIGSTOP); \
        child_;                                                                                            \
    })

static int next_stop(pid_t child) {
    int status = -1;
    if (waitpid(child, &status, __WALL) != child) return -1;
    return status;
}

static int ends_with(pid_t child, int signal) {
    int status;
    CHECK(ptrace(PTRACE_CONT, child, 0, signal) == 0);
    if (waitpid(child, &status, __WALL) != child) return -1;
    return status;
}

static void kill_off(pid_t child) {
    int status;
    kill(child, SIGKILL);
    while (waitpid(child, &status, __WALL) == child && !WIFSIGNALED(status) && !WIFEXITED(status)) {}
}

static void traceme_and_continue(void) {
    pid_t child = TRACED({ _exit(5); });
    int status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    status = IN_CHILD({
        CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
        FAILS(EPERM, ptrace(PTRACE_TRACEME, 0, 0, 0));
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void requests_to_strangers_fail(void) {
    FAILS(ESRCH, ptrace(PTRACE_ATTACH, 4000000, 0, 0));
    FAILS(EPERM, ptrace(PTRACE_ATTACH, getpid(), 0, 0));
    FAILS(EIO, ptrace(PTRACE_SEIZE, getpid(), 1, 0));
    FAILS(EIO, ptrace(PTRACE_SEIZE, getpid(), 0, 1L << 40));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    FAILS(ESRCH, ptrace(PTRACE_CONT, child, 0, 0));
    FAILS(ESRCH, ptrace(PTRACE_PEEKDATA, child, &child, 0));
    FAILS(ESRCH, ptrace(PTRACE_INTERRUPT, child, 0, 0));
    FAILS(ESRCH, ptrace(PTRACE_KILL, child, 0, 0));
    CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
    FAILS(ESRCH, ptrace(PTRACE_CONT, child, 0, 0)); /* it runs */
    FAILS(EPERM, ptrace(PTRACE_SEIZE, child, 0, 0));
    kill_off(child);
}

static volatile long probe = 0x1122334455667788;
static const volatile long fixed = 0x0102030405060708;

static void memory_is_read_and_written(void) {
    pid_t child = TRACED({ _exit(probe == 0x42 && fixed == 0x43 ? 9 : 1); });
    errno = 0;
    CHECK(ptrace(PTRACE_PEEKDATA, child, &probe, 0) == 0x1122334455667788 && errno == 0);
    CHECK(ptrace(PTRACE_POKEDATA, child, &probe, 0x42) == 0);
    CHECK(ptrace(PTRACE_POKETEXT, child, &fixed, 0x43) == 0); /* read-only, and private */
    CHECK(fixed == 0x0102030405060708);
    FAILS(EIO, ptrace(PTRACE_PEEKDATA, child, 8, 0));
    FAILS(EIO, ptrace(PTRACE_POKEDATA, child, 8, 0));
    int status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

static void memory_file_of_a_tracee(void) {
    char *none = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(none, "hidden");
    mprotect(none, 4096, PROT_NONE);
    char *shared = mmap(0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = TRACED({ _exit(probe == 0x77 ? 3 : 4); });
    char name[64];
    char text[8] = "";
    sprintf(name, "/proc/%d/mem", child);
    int fd = open(name, O_RDWR);
    CHECK(fd >= 0);
    long value = 0x77;
    CHECK(pwrite(fd, &value, sizeof value, (off_t)(intptr_t)&probe) == sizeof value);
    value = 0;
    CHECK(pread(fd, &value, sizeof value, (off_t)(intptr_t)&probe) == sizeof value && value == 0x77);
    CHECK(lseek(fd, (off_t)(intptr_t)none, SEEK_SET) == (off_t)(intptr_t)none);
    CHECK(read(fd, text, 7) == 7 && strcmp(text, "hidden") == 0);
    FAILS(EIO, pwrite(fd, &value, sizeof value, (off_t)(intptr_t)shared)); /* not even by a debugger */
    FAILS(EIO, pread(fd, &value, sizeof value, 8));
    int status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    CHECK(pread(fd, &value, sizeof value, (off_t)(intptr_t)&probe) == 0);
    close(fd);
    munmap(none, 4096), munmap(shared, 4096);
}

static void registers_and_user_area(void) {
    pid_t child = TRACED({ _exit(call6(SYS_getpid, 0, 0, 0) == 77 ? 1 : 2); });
    struct user_regs_struct regs;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &regs) == 0);
    CHECK(regs.cs == 0x33 && regs.ss == 0x2b && (regs.eflags & 0x200));
    CHECK((unsigned long)ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rip), 0) == regs.rip);
    struct user_regs_struct set;
    struct iovec iov = {&set, sizeof set};
    CHECK(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &iov) == 0 && iov.iov_len == sizeof set);
    CHECK(memcmp(&regs, &set, sizeof set) == 0);
    iov.iov_len = 16;
    CHECK(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &iov) == 0 && iov.iov_len == 16);
    iov.iov_len = 7;
    FAILS(EINVAL, ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &iov));
    FAILS(EINVAL, ptrace(PTRACE_GETREGSET, child, 0x7777, &iov));
    FAILS(EIO, ptrace(PTRACE_PEEKUSER, child, 3, 0));
    FAILS(EIO, ptrace(PTRACE_PEEKUSER, child, 4096, 0));
    set = regs;
    set.fs_base = 0x8000000000000000ul;
    FAILS(EIO, ptrace(PTRACE_SETREGS, child, 0, &set));
    set = regs;
    set.rbx = 0x1234567;
    CHECK(ptrace(PTRACE_SETREGS, child, 0, &set) == 0);
    CHECK(ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rbx), 0) == 0x1234567);
    CHECK(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rbx), regs.rbx) == 0);
    FAILS(EIO, ptrace(0x4299, child, 0, 0));
    int status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}

static void floating_point_registers(void) {
    pid_t child = TRACED({
        double x = 1.5;
        __asm__ volatile("movsd %0, %%xmm7\n int3\n movsd %%xmm7, %0" : "+m"(x) : : "xmm7");
        _exit(x == 8.25 ? 6 : 7);
    });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    struct user_fpregs_struct fp;
    CHECK(ptrace(PTRACE_GETFPREGS, child, 0, &fp) == 0);
    double value;
    memcpy(&value, (char *)fp.xmm_space + 7 * 16, 8);
    CHECK(value == 1.5);
    value = 8.25;
    memcpy((char *)fp.xmm_space + 7 * 16, &value, 8);
    CHECK(ptrace(PTRACE_SETFPREGS, child, 0, &fp) == 0);
    char area[16384];
    struct iovec iov = {area, sizeof area};
    CHECK(ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &iov) == 0 && iov.iov_len >= 576);
    memcpy(&value, area + 160 + 7 * 16, 8);
    CHECK(value == 8.25);
    CHECK(ptrace(PTRACE_SETREGSET, child, NT_X86_XSTATE, &iov) == 0);
    iov.iov_len = sizeof fp;
    CHECK(ptrace(PTRACE_GETREGSET, child, NT_FPREGSET, &iov) == 0 && iov.iov_len == 512);
    status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 6);
}

static void calls_are_shown(void) {
    pid_t child = TRACED({
        long id = call6(SYS_getpid, 11, 22, 33);
        _exit(id == 4711 ? 1 : 2);
    });
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD) == 0);
    FAILS(EINVAL, ptrace(PTRACE_SETOPTIONS, child, 0, 1 << 30));
    struct user_regs_struct regs;
    for (;;) {
        CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
        int status = next_stop(child);
        CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80));
        CHECK(ptrace(PTRACE_GETREGS, child, 0, &regs) == 0);
        if (regs.orig_rax == SYS_getpid) break;
    }
    CHECK((long)regs.rax == -ENOSYS && regs.rdi == 11 && regs.rsi == 22 && regs.rdx == 33);
    struct __ptrace_syscall_info info;
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
    CHECK(size == 80 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_getpid && info.entry.args[2] == 33);
    CHECK(info.arch == 0xc000003e && info.instruction_pointer == regs.rip && info.stack_pointer == regs.rsp);
    siginfo_t si;
    CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0 && si.si_signo == SIGTRAP && si.si_code == (SIGTRAP | 0x80));
    CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WSTOPSIG(status) == (SIGTRAP | 0x80));
    size = ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
    CHECK(size == 33 && info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.rval == child && !info.exit.is_error);
    CHECK(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rax), 4711) == 0);
    status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void calls_are_changed_and_skipped(void) {
    pid_t child = TRACED({
        long first = call6(SYS_getuid, 0, 0, 0);
        long second = call6(SYS_getuid, 0, 0, 0);
        long third = call6(SYS_kill, 1, 2, 3);
        _exit(first == getppid() && second == -EDOM && third == -ENOSYS ? 1 : 2);
    });
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD) == 0);
    struct user_regs_struct regs;
    int seen = 0;
    while (seen < 3) {
        CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
        next_stop(child);
        CHECK(ptrace(PTRACE_GETREGS, child, 0, &regs) == 0);
        if (regs.orig_rax == SYS_getuid && seen == 0) {
            CHECK(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.orig_rax), SYS_getppid) == 0);
            CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
            next_stop(child);
            seen = 1;
        } else if (regs.orig_rax == SYS_getuid && seen == 1) {
            regs.orig_rax = -1;
            regs.rax = -EDOM;
            CHECK(ptrace(PTRACE_SETREGS, child, 0, &regs) == 0);
            CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
            next_stop(child);
            seen = 2;
        } else if (regs.orig_rax == SYS_kill) {
            CHECK(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.orig_rax), 100000) == 0);
            seen = 3;
        }
    }
    int status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void calls_are_emulated(void) {
    pid_t child = TRACED({ _exit(call6(SYS_getuid, 0, 0, 0) == 99 ? 1 : 2); });
    struct user_regs_struct regs;
    do { /* raise(3) has calls of its own after the stop */
        CHECK(ptrace(PTRACE_SYSEMU, child, 0, 0) == 0);
        int status = next_stop(child);
        CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
        CHECK(ptrace(PTRACE_GETREGS, child, 0, &regs) == 0);
        if (regs.orig_rax == SYS_rt_sigprocmask) ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rax), 0);
    } while (regs.orig_rax != SYS_getuid);
    CHECK(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rax), 99) == 0);
    int status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void signals_stop_and_are_replaced(void) {
    static volatile int got;
    pid_t child = TRACED({
        signal(SIGUSR2, (void (*)(int))({ void h(int s) { got = s; } h; }));
        signal(SIGUSR1, SIG_IGN);
        raise(SIGUSR1); /* ignored, but shown */
        raise(SIGTERM); /* becomes SIGUSR2 */
        raise(SIGTERM); /* vanishes */
        _exit(got == SIGUSR2 ? 12 : 13);
    });
    siginfo_t si;
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1);
    CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0);
    CHECK(si.si_signo == SIGUSR1 && si.si_code == SI_TKILL && si.si_pid == child);
    CHECK(ptrace(PTRACE_CONT, child, 0, SIGUSR1) == 0);
    status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTERM);
    FAILS(EIO, ptrace(PTRACE_CONT, child, 0, 99));
    CHECK(ptrace(PTRACE_CONT, child, 0, SIGUSR2) == 0);
    status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTERM);
    unsigned long mask = 0;
    CHECK(ptrace(PTRACE_GETSIGMASK, child, 8, &mask) == 0);
    FAILS(EINVAL, ptrace(PTRACE_GETSIGMASK, child, 4, &mask));
    status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 12);
}

static void siginfo_is_changed(void) {
    static volatile int value;
    pid_t child = TRACED({
        struct sigaction action = {.sa_flags = SA_SIGINFO};
        action.sa_sigaction = (void (*)(int, siginfo_t *, void *))({
            void h(int s, siginfo_t *i, void *c) { value = i->si_value.sival_int; } h; });
        sigaction(SIGUSR1, &action, 0);
        union sigval v = {.sival_int = 5};
        sigqueue(getpid(), SIGUSR1, v);
        _exit(value == 55 ? 1 : 2);
    });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WSTOPSIG(status) == SIGUSR1);
    siginfo_t si;
    CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0 && si.si_value.sival_int == 5);
    si.si_value.sival_int = 55;
    CHECK(ptrace(PTRACE_SETSIGINFO, child, 0, &si) == 0);
    status = ends_with(child, SIGUSR1);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void queued_signals_are_shown(void) {
    pid_t child = TRACED({
        sigset_t set;
        sigfillset(&set);
        sigprocmask(SIG_SETMASK, &set, 0);
        union sigval v = {.sival_int = 1};
        sigqueue(getpid(), SIGRTMIN, v);
        v.sival_int = 2;
        sigqueue(getpid(), SIGRTMIN, v);
        raise(SIGSTOP);
    });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    CHECK(WSTOPSIG(next_stop(child)) == SIGSTOP);
    struct __ptrace_peeksiginfo_args args = {0, PTRACE_PEEKSIGINFO_SHARED, 8};
    siginfo_t infos[8];
    CHECK(ptrace(PTRACE_PEEKSIGINFO, child, &args, infos) == 2);
    CHECK(infos[0].si_value.sival_int == 1 && infos[1].si_value.sival_int == 2 && infos[1].si_signo == SIGRTMIN);
    args.off = 1;
    CHECK(ptrace(PTRACE_PEEKSIGINFO, child, &args, infos) == 1 && infos[0].si_value.sival_int == 2);
    args.flags = 0;
    args.off = 0;
    CHECK(ptrace(PTRACE_PEEKSIGINFO, child, &args, infos) == 0);
    args.flags = 8;
    FAILS(EINVAL, ptrace(PTRACE_PEEKSIGINFO, child, &args, infos));
    kill_off(child);
}

static void breakpoint_and_single_steps(void) {
    pid_t child = TRACED({
        long n = 0;
        __asm__ volatile("int3\n inc %0\n inc %0\n inc %0\n" : "+r"(n));
        call6(SYS_getpid, 0, 0, 0);
        _exit(n);
    });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    siginfo_t si;
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0 && si.si_code == SI_KERNEL);
    struct user_regs_struct before, after;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &before) == 0);
    CHECK((ptrace(PTRACE_PEEKTEXT, child, before.rip - 1, 0) & 0xff) == 0xcc);
    for (int i = 0; i < 3; i++) {
        CHECK(ptrace(PTRACE_SINGLESTEP, child, 0, 0) == 0);
        status = next_stop(child);
        CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
        CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0 && si.si_code == TRAP_TRACE);
        CHECK(ptrace(PTRACE_GETREGS, child, 0, &after) == 0);
        CHECK(after.rip == before.rip + 3 && (after.eflags & 0x100) == 0);
        before = after;
    }
    int calls = 0;
    for (int i = 0; i < 200 && !calls; i++) {
        long word = ptrace(PTRACE_PEEKTEXT, child, before.rip, 0);
        CHECK(ptrace(PTRACE_SINGLESTEP, child, 0, 0) == 0);
        status = next_stop(child);
        CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
        CHECK(ptrace(PTRACE_GETREGS, child, 0, &after) == 0);
        if ((word & 0xffff) == 0x050f) {
            CHECK(after.rip == before.rip + 2 && after.rax == child); /* right behind the call */
            calls++;
        }
        before = after;
    }
    CHECK(calls == 1);
    status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static volatile long flags_in_frame = -1;
static void note_flags(int signal, siginfo_t *info, void *context) {
    flags_in_frame = ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];
}

static void a_step_into_a_handler_leaves_no_trap_flag(void) {
    pid_t child = TRACED({
        struct sigaction action = {.sa_flags = SA_SIGINFO};
        action.sa_sigaction = note_flags;
        sigaction(SIGUSR1, &action, 0);
        raise(SIGUSR1);
        _exit((flags_in_frame & 0x100) == 0 ? 1 : 2);
    });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WSTOPSIG(status) == SIGUSR1);
    CHECK(ptrace(PTRACE_SINGLESTEP, child, 0, SIGUSR1) == 0);
    status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    CHECK(ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rip), 0) == (long)note_flags);
    CHECK(ptrace(PTRACE_SINGLESTEP, child, 0, 0) == 0);
    status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void forks_are_followed(void) {
    pid_t child = TRACED({
        pid_t grandchild = fork();
        if (grandchild == 0) _exit(21);
        int status;
        waitpid(grandchild, &status, 0);
        _exit(WEXITSTATUS(status) + 1);
    });
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT) == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_FORK));
    unsigned long message = 0;
    CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &message) == 0 && message > 0);
    pid_t grandchild = message;
    status = next_stop(grandchild);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP && status >> 16 == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    CHECK(ptrace(PTRACE_CONT, grandchild, 0, 0) == 0);
    status = next_stop(grandchild);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_EXIT));
    CHECK(ptrace(PTRACE_GETEVENTMSG, grandchild, 0, &message) == 0 && message == 21 << 8);
    CHECK(ptrace(PTRACE_CONT, grandchild, 0, 0) == 0);
    status = next_stop(grandchild);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 21); /* the tracer sees the end, and then the parent */
    for (;;) {
        status = next_stop(child);
        if (!WIFSTOPPED(status)) break;
        int signal = status >> 16 ? 0 : WSTOPSIG(status);
        CHECK(ptrace(PTRACE_CONT, child, 0, signal) == 0);
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 22);
}

static void vfork_and_exec_are_shown(void) {
    pid_t child = TRACED({
        pid_t other = vfork();
        if (other == 0) {
            execl(self, self, "exit", "33", (char *)0);
            _exit(1);
        }
        int status;
        waitpid(other, &status, 0);
        _exit(WEXITSTATUS(status));
    });
    long options = PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, options) == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_VFORK));
    unsigned long other;
    CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &other) == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    status = next_stop(other);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(ptrace(PTRACE_CONT, other, 0, 0) == 0);
    status = next_stop(other);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_EXEC));
    unsigned long message = 0;
    CHECK(ptrace(PTRACE_GETEVENTMSG, other, 0, &message) == 0 && message == other);
    status = next_stop(child);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_VFORK_DONE));
    CHECK(ptrace(PTRACE_SYSCALL, other, 0, 0) == 0);
    status = next_stop(other); /* the exit of execve */
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80));
    struct user_regs_struct regs;
    CHECK(ptrace(PTRACE_GETREGS, other, 0, &regs) == 0 && regs.rax == 0 && regs.orig_rax == SYS_execve);
    CHECK(ptrace(PTRACE_CONT, other, 0, 0) == 0);
    status = next_stop(other);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 33);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    status = next_stop(child);
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD) status = ends_with(child, SIGCHLD);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 33);
}

static void exec_without_option_traps(void) {
    pid_t child = TRACED({ execl(self, self, "exit", "4", (char *)0); });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WIFSTOPPED(status) && status >> 8 == SIGTRAP);
    siginfo_t si;
    CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0 && si.si_code == SI_USER && si.si_pid == child);
    status = ends_with(child, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
}

static void *thread_body(void *argument) {
    syscall(SYS_exit, 0);
    return 0;
}

static void threads_are_followed(void) {
    pid_t child = TRACED({
        pthread_t thread;
        pthread_create(&thread, 0, thread_body, 0);
        pthread_join(thread, 0);
        _exit(8);
    });
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACECLONE) == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_CLONE));
    unsigned long thread;
    CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &thread) == 0);
    status = next_stop(thread);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(ptrace(PTRACE_CONT, thread, 0, 0) == 0);
    status = next_stop(thread);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0); /* the end of one thread */
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    status = next_stop(child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 8);
}

static void attach_stops_and_detach_lets_go(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char c;
        read(ends[0], &c, 1);
        _exit(c);
    }
    CHECK(ptrace(PTRACE_ATTACH, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    char name[64];
    char text[4096] = "";
    sprintf(name, "/proc/%d/status", child);
    int fd = open(name, O_RDONLY);
    CHECK(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    char wanted[64];
    sprintf(wanted, "TracerPid:\t%d\n", getpid());
    CHECK(strstr(text, wanted) != 0);
    CHECK(strstr(text, "State:\tt (tracing stop)") != 0);
    FAILS(EIO, ptrace(PTRACE_DETACH, child, 0, 999));
    CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
    FAILS(ESRCH, ptrace(PTRACE_DETACH, child, 0, 0));
    CHECK(write(ends[1], "\x07", 1) == 1);
    status = next_stop(child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7); /* the read was restarted */
    close(ends[0]), close(ends[1]);
}

static void seize_and_interrupt(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char c;
        read(ends[0], &c, 1);
        _exit(c);
    }
    CHECK(ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD) == 0);
    usleep(20000);
    CHECK(ptrace(PTRACE_INTERRUPT, child, 0, 0) == 0);
    int status = next_stop(child);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_STOP));
    siginfo_t si;
    CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &si) == 0 && si.si_code == TRAP_EVENT(PTRACE_EVENT_STOP));
    struct user_regs_struct regs;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &regs) == 0);
    CHECK(regs.orig_rax == SYS_read && (long)regs.rax == -512);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    CHECK(write(ends[1], "\x09", 1) == 1);
    status = next_stop(child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    close(ends[0]), close(ends[1]);
}

static void group_stops_of_a_seized_task(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
    CHECK(kill(child, SIGSTOP) == 0);
    int status = next_stop(child);
    CHECK(WIFSTOPPED(status) && status >> 8 == SIGSTOP); /* the signal */
    CHECK(ptrace(PTRACE_CONT, child, 0, SIGSTOP) == 0);
    status = next_stop(child);
    CHECK(EVENT_OF(status) == (SIGSTOP | PTRACE_EVENT_STOP << 8)); /* the stop that it causes */
    CHECK(ptrace(PTRACE_LISTEN, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    FAILS(ESRCH, ptrace(PTRACE_GETSIGINFO, child, 0, &status));
    CHECK(kill(child, SIGCONT) == 0);
    status = next_stop(child);
    CHECK(EVENT_OF(status) == TRAP_EVENT(PTRACE_EVENT_STOP));
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    status = next_stop(child);
    CHECK(WIFSTOPPED(status) && status >> 8 == SIGCONT);
    CHECK(ptrace(PTRACE_CONT, child, 0, SIGCONT) == 0);
    kill_off(child);
}

static void group_stop_of_an_attached_task(void) {
    pid_t child = TRACED({ for (;;) pause(); });
    CHECK(ptrace(PTRACE_CONT, child, 0, SIGSTOP) == 0);
    int status = next_stop(child);
    CHECK(WIFSTOPPED(status) && status >> 8 == SIGSTOP);
    siginfo_t si;
    FAILS(EINVAL, ptrace(PTRACE_GETSIGINFO, child, 0, &si)); /* a group stop has none */
    FAILS(EIO, ptrace(PTRACE_LISTEN, child, 0, 0));
    CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    kill_off(child);
}

static void attach_to_a_stopped_process(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    int status;
    CHECK(kill(child, SIGSTOP) == 0);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
    status = next_stop(child);
    CHECK(EVENT_OF(status) == (SIGSTOP | PTRACE_EVENT_STOP << 8));
    CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    kill_off(child);
}

static void a_tracer_that_is_not_the_parent(void) {
    fflush(stdout);
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        char c;
        read(ends[0], &c, 1);
        _exit(17);
    }
    int traced = IN_CHILD({
        CHECK(ptrace(PTRACE_ATTACH, child, 0, 0) == 0);
        CHECK(WSTOPSIG(next_stop(child)) == SIGSTOP);
        CHECK(write(ends[1], "x", 1) == 1);
        int status = ends_with(child, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 17);
        FAILS(ECHILD, waitpid(child, &status, __WALL));
    });
    CHECK(WIFEXITED(traced) && WEXITSTATUS(traced) == 0);
    int status;
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 17); /* the parent's turn */
    close(ends[0]), close(ends[1]);
}

static void the_death_of_a_tracer(void) {
    for (int kills = 0; kills < 2; kills++) {
        fflush(stdout);
        int ends[2];
        CHECK(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            char c;
            read(ends[0], &c, 1);
            _exit(18);
        }
        int traced = IN_CHILD({
            CHECK(ptrace(PTRACE_SEIZE, child, 0, kills ? PTRACE_O_EXITKILL : 0) == 0);
            CHECK(ptrace(PTRACE_INTERRUPT, child, 0, 0) == 0);
            CHECK(next_stop(child) >> 16 == PTRACE_EVENT_STOP);
        });
        CHECK(WIFEXITED(traced) && WEXITSTATUS(traced) == 0);
        int status;
        if (!kills) CHECK(write(ends[1], "x", 1) == 1);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(kills ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : WIFEXITED(status) && WEXITSTATUS(status) == 18);
        close(ends[0]), close(ends[1]);
    }
}

static void the_death_of_a_tracee(void) {
    pid_t child = TRACED({ for (;;) pause(); });
    CHECK(kill(child, SIGKILL) == 0);
    int status = next_stop(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    FAILS(ESRCH, ptrace(PTRACE_CONT, child, 0, 0));
    child = TRACED({ for (;;) pause(); });
    CHECK(ptrace(PTRACE_KILL, child, 0, 0) == 0);
    status = next_stop(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void waitid_of_tracees(void) {
    pid_t child = TRACED({ raise(SIGUSR1); for (;;) pause(); });
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    siginfo_t info;
    CHECK(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT) == 0);
    CHECK(info.si_code == CLD_TRAPPED && info.si_status == SIGUSR1 && info.si_pid == child && info.si_signo == SIGCHLD);
    CHECK(waitid(P_PID, child, &info, WEXITED) == 0 && info.si_code == CLD_TRAPPED); /* WSTOPPED goes without saying */
    memset(&info, 0, sizeof info);
    CHECK(waitid(P_PID, child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == 0);
    kill_off(child);
}

static void tracers_are_told_by_sigchld(void) {
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &old);
    struct timespec zero = {0, 0}, second = {1, 0};
    while (sigtimedwait(&set, 0, &zero) > 0) {}
    pid_t child = TRACED({ for (;;) pause(); });
    siginfo_t info;
    CHECK(sigtimedwait(&set, &info, &second) == SIGCHLD);
    CHECK(info.si_code == CLD_TRAPPED && info.si_status == SIGSTOP && info.si_pid == child);
    kill_off(child);
    sigprocmask(SIG_SETMASK, &old, 0);
    while (sigtimedwait(&set, 0, &zero) > 0) {}
}

static void races_of_tracers_and_tracees_end(void) {
    for (int round = 0; round < 30; round++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) for (;;) getppid();
        pid_t tracer = fork();
        if (tracer == 0) {
            if (ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_EXITKILL) == 0) {
                ptrace(PTRACE_INTERRUPT, child, 0, 0);
                int status;
                waitpid(child, &status, __WALL);
                for (;;) {
                    if (ptrace(PTRACE_SYSCALL, child, 0, 0) != 0) break;
                    if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) break;
                }
            }
            _exit(0);
        }
        usleep(round * 500);
        kill(round % 2 ? tracer : child, SIGKILL);
        int status;
        if (round % 3) kill(child, SIGKILL);
        kill(child, SIGTERM);
        CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        CHECK(waitpid(tracer, &status, 0) == tracer);
    }
}

static void strangers_may_not_attach(void) {
    if (geteuid() != 0) return; /* takes two users */
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    int status = IN_CHILD({
        CHECK(setuid(12345) == 0);
        FAILS(EPERM, ptrace(PTRACE_ATTACH, child, 0, 0));
        FAILS(EPERM, ptrace(PTRACE_SEIZE, child, 0, 0));
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    kill_off(child);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc == 3) return atoi(argv[2]);
    RUN(traceme_and_continue);
    RUN(requests_to_strangers_fail);
    RUN(memory_is_read_and_written);
    RUN(memory_file_of_a_tracee);
    RUN(registers_and_user_area);
    RUN(floating_point_registers);
    RUN(calls_are_shown);
    RUN(calls_are_changed_and_skipped);
    RUN(calls_are_emulated);
    RUN(signals_stop_and_are_replaced);
    RUN(siginfo_is_changed);
    RUN(queued_signals_are_shown);
    RUN(breakpoint_and_single_steps);
    RUN(a_step_into_a_handler_leaves_no_trap_flag);
    RUN(forks_are_followed);
    RUN(vfork_and_exec_are_shown);
    RUN(exec_without_option_traps);
    RUN(threads_are_followed);
    RUN(attach_stops_and_detach_lets_go);
    RUN(seize_and_interrupt);
    RUN(group_stops_of_a_seized_task);
    RUN(group_stop_of_an_attached_task);
    RUN(attach_to_a_stopped_process);
    RUN(a_tracer_that_is_not_the_parent);
    RUN(the_death_of_a_tracer);
    RUN(the_death_of_a_tracee);
    RUN(waitid_of_tracees);
    RUN(tracers_are_told_by_sigchld);
    RUN(races_of_tracers_and_tracees_end);
    RUN(strangers_may_not_attach);
    DONE;
}
