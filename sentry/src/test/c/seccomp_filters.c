/* seccomp(2): strict mode, filters, their actions, and supervisors. */
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <ucontext.h>

static long seccomp(unsigned operation, unsigned flags, void *args) {
    return syscall(SYS_seccomp, operation, flags, args);
}

static long add(struct sock_filter *code, unsigned short length, unsigned flags) {
    struct sock_fprog program = {length, code};
    return seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
}

#define ADD(flags, ...)                                                                                    \
    ({                                                                                                     \
        struct sock_filter code_[] = {__VA_ARGS__};                                                        \
        add(code_, sizeof code_ / sizeof *code_, flags);                                                   \
    })

#define LOAD_NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define LOAD_ARGUMENT(i) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[i]))
#define IF_CALL(number, action)                                                                            \
    LOAD_NUMBER, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, action)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define PRIVATE CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
#define OK(status) (WIFEXITED(status) && WEXITSTATUS(status) == 0)
#define KILLED(status, signal) (WIFSIGNALED(status) && WTERMSIG(status) == (signal))

static void strict_mode(void) {
    CHECK(prctl(PR_GET_SECCOMP) == 0);
    CHECK(KILLED(IN_CHILD({ prctl(PR_SET_SECCOMP, 1, 0, 0, 0); getppid(); }), SIGKILL));
    CHECK(KILLED(IN_CHILD({ CHECK(seccomp(SECCOMP_SET_MODE_STRICT, 0, 0) == 0); getppid(); }), SIGKILL));
    int status = IN_CHILD({
        FAILS(EINVAL, seccomp(SECCOMP_SET_MODE_STRICT, 1, 0));
        FAILS(EINVAL, seccomp(SECCOMP_SET_MODE_STRICT, 0, &status));
        prctl(PR_SET_SECCOMP, 1, 0, 0, 0);
        write(1, "", 0);
        syscall(SYS_exit, failures);
    });
    CHECK(OK(status));
}

static void operations_and_flags(void) {
    unsigned action = SECCOMP_RET_USER_NOTIF;
    CHECK(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
    action = 0x12340000;
    FAILS(EOPNOTSUPP, seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action));
    FAILS(EINVAL, seccomp(SECCOMP_GET_ACTION_AVAIL, 1, &action));
    FAILS(EFAULT, seccomp(SECCOMP_GET_ACTION_AVAIL, 0, (void *)8));
    struct seccomp_notif_sizes sizes;
    CHECK(seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0);
    CHECK(sizes.seccomp_notif == 80 && sizes.seccomp_notif_resp == 24 && sizes.seccomp_data == 64);
    FAILS(EINVAL, seccomp(77, 0, 0));
    FAILS(EINVAL, prctl(PR_SET_SECCOMP, 3, 0, 0, 0));
    FAILS(EINVAL, seccomp(SECCOMP_SET_MODE_FILTER, 1 << 20, &sizes));
    FAILS(EINVAL, seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, &sizes));
    FAILS(EFAULT, seccomp(SECCOMP_SET_MODE_FILTER, 0, (void *)8));
}

static void filters_take_privileges(void) {
    if (geteuid() != 0) return;
    int status = IN_CHILD({
        CHECK(setuid(12345) == 0);
        FAILS(EACCES, ADD(0, ALLOW));
        PRIVATE;
        CHECK(ADD(0, ALLOW) == 0);
        CHECK(prctl(PR_GET_SECCOMP) == 2);
    });
    CHECK(OK(status));
}

static void errors_are_returned(void) {
    int status = IN_CHILD({
        PRIVATE;
        CHECK(ADD(0, IF_CALL(SYS_getppid, SECCOMP_RET_ERRNO | 33), ALLOW) == 0);
        FAILS(33, syscall(SYS_getppid));
        CHECK(getpid() > 0);
        CHECK(ADD(0, IF_CALL(SYS_getuid, SECCOMP_RET_ERRNO | 0xffff), ALLOW) == 0);
        FAILS(4095, syscall(SYS_getuid));
        FAILS(33, syscall(SYS_getppid));
        pid_t child = fork();
        if (child == 0) {
            FAILS(33, syscall(SYS_getppid)); /* filters are inherited */
            _exit(failures != 0);
        }
        int inner;
        CHECK(waitpid(child, &inner, 0) == child && OK(inner));
        FAILS(EINVAL, prctl(PR_SET_SECCOMP, 1, 0, 0, 0));
        char text[4096] = "";
        int fd = open("/proc/self/status", O_RDONLY);
        CHECK(read(fd, text, sizeof text - 1) > 0);
        CHECK(strstr(text, "Seccomp:\t2\nSeccomp_filters:\t2\n") != 0);
    });
    CHECK(OK(status));
}

static void arguments_are_seen(void) {
    int status = IN_CHILD({
        PRIVATE;
        CHECK(ADD(0,
                  LOAD_NUMBER,
                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 4),
                  LOAD_ARGUMENT(0),
                  BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1000, 0, 2),
                  BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 2000, 1, 0),
                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
                  ALLOW) == 0);
        FAILS(EBADF, close(999));
        FAILS(77, close(1000));
        FAILS(77, close(2000));
        FAILS(EBADF, close(2001));
    });
    CHECK(OK(status));
}

static void arithmetic(void) {
    int status = IN_CHILD({
        PRIVATE;
        /* ((arg0 + 7) * 3 ^ 0x55) >> 1, and through scratch memory and X; an errno for getppid */
        CHECK(ADD(0,
                  LOAD_NUMBER,
                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
                  ALLOW,
                  LOAD_ARGUMENT(0),
                  BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 7),
                  BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 3),
                  BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0x55),
                  BPF_STMT(BPF_ST, 3),
                  BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 1),
                  BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 3),
                  BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
                  BPF_STMT(BPF_MISC | BPF_TAX, 0),
                  BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
                  BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
                  BPF_STMT(BPF_ALU | BPF_NEG, 0),
                  BPF_STMT(BPF_ALU | BPF_NEG, 0),
                  BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
                  BPF_STMT(BPF_RET | BPF_A, 0)) == 0);
        long wanted = (((5 + 7) * 3 ^ 0x55) >> 1) + 64;
        FAILS(wanted, syscall(SYS_getppid, 5));
    });
    CHECK(OK(status));
    /* division by zero ends the program with 0, which kills */
    status = IN_CHILD({
        PRIVATE;
        CHECK(ADD(0,
                  LOAD_NUMBER,
                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
                  ALLOW,
                  BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0),
                  BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
                  ALLOW) == 0);
        syscall(SYS_getppid);
    });
    CHECK(KILLED(status, SIGSYS));
}

static void bad_programs_are_refused(void) {
    int status = IN_CHILD({
        PRIVATE;
        struct sock_filter allow = ALLOW;
        FAILS(EINVAL, add(&allow, 0, 0));
        FAILS(EINVAL, add(&allow, 4097, 0));
        FAILS(EINVAL, ADD(0, LOAD_NUMBER)); /* no end */
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_JUMP(BPF_JMP | BPF_JA, 0xffffffff, 0, 0), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_ST, 16), ALLOW));
        FAILS(EINVAL, ADD(0, BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 0), ALLOW)); /* never written */
        FAILS(EINVAL, ADD(0, BPF_STMT(0xffff, 0), ALLOW));
        CHECK(ADD(0, BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 15), ALLOW) == 0);
    });
    CHECK(OK(status));
}

static void many_and_long_filters_are_bounded(void) {
    int status = IN_CHILD({
        PRIVATE;
        static struct sock_filter code[4096];
        for (int i = 0; i < 4095; i++) code[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_IMM, i);
        code[4095] = (struct sock_filter)ALLOW;
        int added = 0;
        while (added < 100 && add(code, 4096, 0) == 0) added++;
        CHECK(errno == ENOMEM);
        CHECK(added >= 5 && added <= 8);
    });
    CHECK(OK(status));
}

static volatile int trapped, trapped_call, trapped_data, trapped_code;
static volatile long trapped_address;
static void on_trap(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    trapped = signal;
    trapped_code = info->si_code;
    trapped_call = info->si_syscall;
    trapped_data = info->si_errno;
    trapped_address = (long)info->si_call_addr - uc->uc_mcontext.gregs[REG_RIP];
    uc->uc_mcontext.gregs[REG_RAX] = 4321;
}

static void traps_are_handled(void) {
    int status = IN_CHILD({
        struct sigaction action = {.sa_flags = SA_SIGINFO};
        action.sa_sigaction = on_trap;
        sigaction(SIGSYS, &action, 0);
        PRIVATE;
        CHECK(ADD(0, IF_CALL(SYS_getppid, SECCOMP_RET_TRAP | 99), ALLOW) == 0);
        CHECK(syscall(SYS_getppid) == 4321);
        CHECK(trapped == SIGSYS && trapped_code == 1 /* SYS_SECCOMP */ && trapped_call == SYS_getppid && trapped_data == 99);
        CHECK(trapped_address == 0);
        signal(SIGSYS, SIG_IGN); /* does not help */
        syscall(SYS_getppid);
    });
    CHECK(KILLED(status, SIGSYS));
}

static void *calls_getppid(void *argument) {
    syscall(SYS_getppid);
    return argument;
}

static void killing_a_thread_and_a_process(void) {
    for (int process = 0; process < 2; process++) {
        int status = IN_CHILD({
            PRIVATE;
            unsigned action = process ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_KILL_THREAD;
            CHECK(ADD(0, IF_CALL(SYS_getppid, action), ALLOW) == 0);
            pthread_t thread;
            pthread_create(&thread, 0, calls_getppid, 0);
            pthread_join(thread, 0);
            if (process) for (;;) pause();
        });
        CHECK(process ? KILLED(status, SIGSYS) : OK(status));
    }
}

static void *waits_then_calls(void *argument) {
    char c;
    read(*(int *)argument, &c, 1);
    errno = 0;
    return (void *)(intptr_t)(syscall(SYS_getppid) == -1 ? errno : 0);
}

static void threads_are_synchronised(void) {
    int status = IN_CHILD({
        int ends[2];
        pipe(ends);
        pthread_t thread;
        pthread_create(&thread, 0, waits_then_calls, ends);
        PRIVATE;
        CHECK(ADD(SECCOMP_FILTER_FLAG_TSYNC, IF_CALL(SYS_getppid, SECCOMP_RET_ERRNO | 41), ALLOW) == 0);
        write(ends[1], "x", 1);
        void *result;
        pthread_join(thread, &result);
        CHECK((intptr_t)result == 41);
    });
    CHECK(OK(status));
}

static void *filters_itself(void *argument) {
    ADD(0, ALLOW);
    *(volatile int *)argument = syscall(SYS_gettid);
    for (;;) pause();
}

static void strangers_are_not_synchronised(void) {
    int status = IN_CHILD({
        static volatile int id;
        PRIVATE;
        pthread_t thread;
        pthread_create(&thread, 0, filters_itself, (void *)&id);
        while (!id) usleep(1000);
        CHECK(ADD(SECCOMP_FILTER_FLAG_TSYNC, ALLOW) == id);
        FAILS(ESRCH, ADD(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, ALLOW));
    });
    CHECK(OK(status));
}

static void the_strictest_filter_wins(void) {
    int status = IN_CHILD({
        PRIVATE;
        CHECK(ADD(0, IF_CALL(SYS_getppid, SECCOMP_RET_ERRNO | 1), ALLOW) == 0);
        CHECK(ADD(SECCOMP_FILTER_FLAG_LOG, IF_CALL(SYS_getppid, SECCOMP_RET_LOG), ALLOW) == 0);
        FAILS(1, syscall(SYS_getppid));
        CHECK(ADD(SECCOMP_FILTER_FLAG_SPEC_ALLOW, IF_CALL(SYS_getppid, SECCOMP_RET_ERRNO | 2), ALLOW) == 0);
        FAILS(2, syscall(SYS_getppid)); /* among equals the newest */
        CHECK(ADD(0, IF_CALL(SYS_getppid, SECCOMP_RET_TRACE), ALLOW) == 0);
        FAILS(2, syscall(SYS_getppid));
        CHECK(ADD(0, IF_CALL(SYS_getuid, SECCOMP_RET_TRACE | 5), ALLOW) == 0);
        FAILS(ENOSYS, syscall(SYS_getuid)); /* nobody traces */
        FAILS(ENOSYS, (ADD(0, IF_CALL(SYS_getgid, SECCOMP_RET_USER_NOTIF), ALLOW), syscall(SYS_getgid)));
    });
    CHECK(OK(status));
}

static void a_tracer_decides(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        failures = 0;
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        PRIVATE;
        ADD(0, IF_CALL(SYS_getppid, SECCOMP_RET_TRACE | 1234), ALLOW);
        _exit(syscall(SYS_getppid) == getpid() ? 5 : 6);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP) == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, 0) == child && status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
    unsigned long message = 0;
    CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &message) == 0 && message == 1234);
    struct __ptrace_syscall_info info;
    CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) == 84);
    CHECK(info.op == PTRACE_SYSCALL_INFO_SECCOMP && info.seccomp.nr == SYS_getppid && info.seccomp.ret_data == 1234);
    CHECK(ptrace(PTRACE_POKEUSER, child, 120, SYS_getpid) == 0);
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

static int send_descriptor(int to, int fd) {
    struct iovec iov = {"x", 1};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(to, &message, 0) == 1 ? 0 : -1;
}

static int receive_descriptor(int from) {
    char byte;
    struct iovec iov = {&byte, 1};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(from, &message, 0) != 1) return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void a_supervisor_answers(void) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        failures = 0;
        PRIVATE;
        int listener = ADD(SECCOMP_FILTER_FLAG_NEW_LISTENER, IF_CALL(SYS_getppid, SECCOMP_RET_USER_NOTIF), ALLOW);
        CHECK(listener >= 0 && (fcntl(listener, F_GETFD) & FD_CLOEXEC));
        FAILS(EBUSY, ADD(SECCOMP_FILTER_FLAG_NEW_LISTENER, ALLOW));
        CHECK(send_descriptor(ends[1], listener) == 0);
        close(listener);
        CHECK(syscall(SYS_getppid, 11, 22) == 777);
        FAILS(EXDEV, syscall(SYS_getppid));
        CHECK(syscall(SYS_getppid) == getppid() || 1);
        long fd = syscall(SYS_getppid);
        char c = 0;
        CHECK(fd > 2 && read(fd, &c, 1) == 1 && c == 'z');
        char done;
        read(ends[1], &done, 1);
        FAILS(ENOSYS, syscall(SYS_getppid)); /* nobody listens any more */
        _exit(failures != 0);
    }
    int listener = receive_descriptor(ends[0]);
    CHECK(listener >= 0);
    struct seccomp_notif request;
    struct seccomp_notif_resp reply;
    struct pollfd poller = {listener, POLLIN | POLLOUT, 0};
    CHECK(poll(&poller, 1, 5000) == 1 && poller.revents == POLLIN);
    memset(&request, 1, sizeof request);
    FAILS(EINVAL, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request));
    memset(&request, 0, sizeof request);
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
    CHECK(request.pid == child && request.data.nr == SYS_getppid && request.data.arch == AUDIT_ARCH_X86_64);
    CHECK(request.data.args[0] == 11 && request.data.args[1] == 22);
    CHECK(poll(&poller, 1, 0) == 1 && poller.revents == POLLOUT);
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &request.id) == 0);
    unsigned long other = request.id + 99;
    FAILS(ENOENT, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &other));
    reply = (struct seccomp_notif_resp){.id = request.id, .flags = 8};
    FAILS(EINVAL, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply));
    reply = (struct seccomp_notif_resp){.id = request.id, .val = 5, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    FAILS(EINVAL, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply));
    reply = (struct seccomp_notif_resp){.id = other};
    FAILS(ENOENT, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply));
    reply = (struct seccomp_notif_resp){.id = request.id, .val = 777};
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0);

    memset(&request, 0, sizeof request);
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
    reply = (struct seccomp_notif_resp){.id = request.id, .error = -EXDEV};
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0);

    memset(&request, 0, sizeof request);
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
    reply = (struct seccomp_notif_resp){.id = request.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0);

    /* the second getppid of that line, and then a descriptor for the fourth */
    int data[2];
    CHECK(pipe(data) == 0 && write(data[1], "z", 1) == 1);
    for (int i = 0; i < 2; i++) {
        memset(&request, 0, sizeof request);
        CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
        if (i == 0) {
            reply = (struct seccomp_notif_resp){.id = request.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
            CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0);
        } else {
            struct seccomp_notif_addfd added = {.id = request.id, .srcfd = data[0]};
            int fd = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &added);
            CHECK(fd > 2);
            reply = (struct seccomp_notif_resp){.id = request.id, .val = fd};
            CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0);
        }
    }
    close(listener);
    CHECK(write(ends[0], "x", 1) == 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && OK(status));
    close(ends[0]), close(ends[1]), close(data[0]), close(data[1]);
}

static void filters_survive_exec(void) {
    int status = IN_CHILD({
        PRIVATE;
        CHECK(ADD(0, IF_CALL(SYS_getppid, SECCOMP_RET_ERRNO | 61), ALLOW) == 0);
        execl("/proc/self/exe", "seccomp_filters", "getppid", (char *)0);
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 61);
}

int main(int argc, char **argv) {
    if (argc == 2) return syscall(SYS_getppid) == -1 ? errno : 0;
    RUN(strict_mode);
    RUN(operations_and_flags);
    RUN(filters_take_privileges);
    RUN(errors_are_returned);
    RUN(arguments_are_seen);
    RUN(arithmetic);
    RUN(bad_programs_are_refused);
    RUN(many_and_long_filters_are_bounded);
    RUN(traps_are_handled);
    RUN(killing_a_thread_and_a_process);
    RUN(threads_are_synchronised);
    RUN(strangers_are_not_synchronised);
    RUN(the_strictest_filter_wins);
    RUN(a_tracer_decides);
    RUN(a_supervisor_answers);
    RUN(filters_survive_exec);
    DONE;
}
