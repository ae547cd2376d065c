/*
 * A guest that tries to get out. usage: hostile ADDRESS-OF-THE-STUB HOST-PROCESS-ID
 *
 * Not compared with Linux: each case says what a sandbox owes, which is an errno or a signal, and that the guest goes on
 * as if nothing had been.
 */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <mqueue.h>
#include <setjmp.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <sys/uio.h>
#include <asm/prctl.h>

static char *stub;
static pid_t host_process;

/* Runs in a child, and answers the signal that killed it; 0 if it lived, and 255 if it says it got through. */
#define KILLED_BY(...)                                                        \
    ({                                                                        \
        int how_ = IN_CHILD(__VA_ARGS__);                                     \
        WIFSIGNALED(how_) ? WTERMSIG(how_) : WEXITSTATUS(how_) ? 255 : 0;     \
    })

static void the_hosts_files_are_not_there(void) {
    char text[4096] = {0};
    int fd = open("/etc/shadow", O_RDONLY);
    if (fd >= 0) {
        CHECK(read(fd, text, sizeof text - 1) >= 0);
        CHECK(strstr(text, "$") == NULL);
    }
    const char *ways[] = {"/proc/1/root/etc/shadow", "/../../../../etc/shadow", "/proc/self/cwd/../../../../etc/shadow",
                          "/proc/self/root/../../etc/shadow", "/dev/mem", "/dev/kmem", "/dev/sda", "/dev/kvm", "/dev/vda"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        fd = open(ways[i], O_RDONLY);
        if (fd >= 0 && read(fd, text, sizeof text - 1) > 0) CHECK(strstr(text, "$") == NULL);
    }
    CHECK(symlink("/../../../../../../etc/shadow", "way") == 0);
    fd = open("way", O_RDONLY);
    if (fd >= 0 && read(fd, text, sizeof text - 1) > 0) CHECK(strstr(text, "$") == NULL);
}

static void host_processes_are_not_there(void) {
    FAILS(ESRCH, kill(host_process, 0));
    FAILS(ESRCH, kill(host_process, SIGKILL));
    FAILS(ESRCH, syscall(SYS_tgkill, host_process, host_process, SIGKILL));
    CHECK(ptrace(PTRACE_ATTACH, host_process, 0, 0) == -1);
    CHECK(ptrace(PTRACE_SEIZE, host_process, 0, 0) == -1);
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    CHECK(process_vm_readv(host_process, &here, 1, &there, 1, 0) == -1);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", host_process);
    CHECK(open(path, O_RDWR) == -1);
    CHECK(syscall(434 /* pidfd_open */, host_process, 0) == -1);
}

static void the_kernel_cannot_be_changed(void) {
    CHECK(mount("none", "/tmp", "proc", 0, NULL) == -1 && (errno == EPERM || errno == ENOSYS));
    CHECK(mount("/", "/tmp", NULL, MS_BIND, NULL) == -1);
    CHECK(umount2("/proc", MNT_DETACH) == -1);
    CHECK(syscall(SYS_init_module, "x", 1, "") == -1);
    CHECK(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0) == -1);
    CHECK(syscall(SYS_bpf, 0, NULL, 0) == -1);
    CHECK(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0) == -1);
    CHECK(syscall(SYS_iopl, 3) == -1);
    CHECK(syscall(SYS_ioperm, 0x80, 1, 1) == -1);
    CHECK(syscall(SYS_modify_ldt, 1, NULL, 0) == -1);
    CHECK(syscall(SYS_kexec_load, 0, 0, NULL, 0) == -1);
    CHECK(syscall(SYS_settimeofday, &(struct timespec){1, 1}, NULL) == -1);
    CHECK(mknod("disk", S_IFBLK | 0600, 0x801) == -1 || open("disk", O_RDONLY) == -1);
}

/* exit(3) by number of the 32-bit ABI; a status of 3 would be the host's doing. */
static void int80_reaches_nothing(void) {
    int how = IN_CHILD({ __asm__ volatile("int $0x80" ::"a"(1L), "b"(3L)); _exit(0); });
    CHECK(WIFSIGNALED(how) || WEXITSTATUS(how) == 0);
    long answer = 77;
    how = IN_CHILD({
        __asm__ volatile("int $0x80" : "=a"(answer) : "a"(20L) : "memory");
        _exit(answer != -ENOSYS);
    });
    CHECK(WIFSIGNALED(how) || how == 0);
}

static void sysenter_reaches_nothing(void) {
    int how = IN_CHILD({ __asm__ volatile("sysenter" ::"a"(1L), "b"(3L)); });
    CHECK(WIFSIGNALED(how));
}

static void compatibility_mode_reaches_nothing(void) {
    unsigned char *low = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    unsigned char code[] = {0xb8, 1, 0, 0, 0, 0xbb, 3, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xfe}; /* exit(3) of 32 bits */
    CHECK(low != MAP_FAILED);
    memcpy(low, code, sizeof code);
    int how = IN_CHILD({
        struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) target = {0x10000000, 0x23};
        alarm(5);
        __asm__ volatile("ljmp *%0" ::"m"(target));
    });
    CHECK(WIFSIGNALED(how) && WTERMSIG(how) != SIGALRM);
    munmap(low, 8192);
}

static void vsyscall_page_gives_no_host_call(void) {
    /* A sandbox may emulate the call or refuse it; either way the guest goes on or gets a signal. */
    int how = IN_CHILD({ _exit(((long (*)(void *))0xffffffffff600400)(NULL) == -1); });
    CHECK(WIFSIGNALED(how) ? WTERMSIG(how) == SIGSEGV : 1);
    CHECK(KILLED_BY({ *(volatile char *)0xffffffffff600000 = 1; }) == SIGSEGV);
}

static void the_stub_cannot_be_mapped_over(void) {
    for (long offset = -8; offset <= 8; offset++) {
        char *page = stub + offset * 4096;
        void *got = mmap(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (got != MAP_FAILED) CHECK(offset < 0);
    }
    CHECK(mmap(stub, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    CHECK(mprotect(stub, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == -1);
    munmap(stub, 4096);
    CHECK(mremap(stub, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED);
    char *mine = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mremap(mine, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, stub) == MAP_FAILED);
    CHECK(madvise(stub, 4096, MADV_DONTNEED) == -1);
}

static void the_stub_cannot_be_written(void) {
    CHECK(KILLED_BY({ *(volatile char *)stub = 0; }) == SIGSEGV);
    int fd = make_file("bytes", "xxxxxxxx");
    FAILS(EFAULT, read(fd, stub, 8));
    FAILS(EFAULT, write(fd, stub, 8));
    close(fd);
}

static void jumping_into_the_stub_gains_nothing(void) {
    for (int offset = 0; offset < 256; offset++) {
        int how = IN_CHILD({
            alarm(2);
            /* If the stub's own system call were carried out by the host: kill(getpid of the host side, 9), then exit. */
            __asm__ volatile("jmp *%0" ::"r"(stub + offset), "a"(39L), "D"(0L), "S"(0L), "d"(0L) : "memory");
        });
        if (!WIFSIGNALED(how) && WEXITSTATUS(how) != 0) CHECK(!"the guest only ends by a signal");
    }
}

static void stub_gadgets_are_the_guests_own_calls(void) {
    /* exit_group(0) through every byte of the stub: if one is a syscall instruction, it is the Sentry that answers. */
    for (int offset = 0; offset < 256; offset++) {
        int how = IN_CHILD({
            alarm(2);
            __asm__ volatile("jmp *%0" ::"r"(stub + offset), "a"(231L), "D"(0L), "S"(0L) : "memory");
        });
        CHECK(WIFEXITED(how) || WIFSIGNALED(how)); /* with the status that it, or the stub's code, puts into rdi */
    }
    CHECK(getppid() >= 0);
}

static void bad_stack_pointer_at_a_call(void) {
    long pid;
    __asm__ volatile("movq %%rsp, %%r12; movq $-1, %%rsp; syscall; movq %%r12, %%rsp"
                     : "=a"(pid) : "0"(39L) : "rcx", "r11", "r12", "memory");
    CHECK(pid == getpid());
    __asm__ volatile("movq %%rsp, %%r12; movabsq $0x8000000000000000, %%rsp; syscall; movq %%r12, %%rsp"
                     : "=a"(pid) : "0"(39L) : "rcx", "r11", "r12", "memory");
    CHECK(pid == getpid());
}

static void non_canonical_jump(void) {
    CHECK(KILLED_BY({ ((void (*)(void))0x8000000000000000)(); }) == SIGSEGV);
    CHECK(KILLED_BY({ ((void (*)(void))0xffff800000000000)(); }) == SIGSEGV);
    CHECK(KILLED_BY({ ((void (*)(void))-1L)(); }) == SIGSEGV);
}

static long spoil_register, spoil_value;
static void spoil(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[spoil_register] = spoil_value;
}

static void spoilt_signal_frames(void) {
    struct sigaction action = {.sa_sigaction = spoil, .sa_flags = SA_SIGINFO};
    struct { long which, value; } cases[] = {
        {REG_RIP, (long)0x8000000000000000}, {REG_RIP, -1}, {REG_RIP, (long)0xffffffff81000000}, {REG_RSP, -1},
        {REG_CSGSFS, 0x0010}, {REG_CSGSFS, 0x0023}, {REG_CSGSFS, -1}, {REG_EFL, -1}, {REG_EFL, 0x3000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int how = IN_CHILD({
            struct sigaction fatal = {.sa_handler = SIG_DFL};
            sigaction(SIGUSR1, &action, NULL), sigaction(SIGSEGV, &fatal, NULL);
            spoil_register = cases[i].which, spoil_value = cases[i].value;
            alarm(5);
            raise(SIGUSR1);
        });
        CHECK(how == 0 || (WIFSIGNALED(how) && WTERMSIG(how) != SIGALRM));
    }
    int how = IN_CHILD({
        long sp = 16;
        __asm__ volatile("movq %0, %%rsp; movl $15, %%eax; syscall" ::"r"(sp));
    });
    CHECK(WIFSIGNALED(how) && WTERMSIG(how) == SIGSEGV);
}

static void spoilt_floating_point_state(void) {
    CHECK(KILLED_BY({
        struct sigaction action = {.sa_sigaction = spoil, .sa_flags = SA_SIGINFO};
        sigaction(SIGUSR1, &action, NULL);
        spoil_register = 23, spoil_value = 0; /* beyond the gregs: where fpregs points */
        raise(SIGUSR1);
    }) != 255);
}

static void bases_of_segments(void) {
    CHECK(syscall(SYS_arch_prctl, ARCH_SET_FS, 0x8000000000000000) == -1 && errno == EPERM);
    CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, -1L) == -1 && errno == EPERM);
    CHECK(syscall(SYS_arch_prctl, 0x9999, 0) == -1 && errno == EINVAL);
}

static void every_number_and_wild_arguments(void) {
    int how = IN_CHILD({
        struct rusage;
        alarm(20);
        signal(SIGPIPE, SIG_IGN);
        unsigned long x = 88172645463325252UL;
        for (int round = 0; round < 20000; round++) {
            unsigned long a[7];
            for (int i = 0; i < 7; i++) {
                x ^= x << 13, x ^= x >> 7, x ^= x << 17;
                a[i] = (x & 3) == 0 ? x : (x & 3) == 1 ? (x >> 8) % 64 : (x & 3) == 2 ? (unsigned long)stub : -(x >> 40) % 4096;
            }
            long number = a[6] % 470;
            if (number == SYS_exit || number == SYS_exit_group || number == SYS_fork || number == SYS_vfork ||
                number == SYS_clone || number == 435 || number == SYS_pause || number == SYS_rt_sigsuspend ||
                number == SYS_rt_sigreturn || number == SYS_kill || number == SYS_tgkill || number == SYS_tkill ||
                number == SYS_rt_sigqueueinfo || number == 297 || number == SYS_alarm || number == SYS_setitimer ||
                number == SYS_munmap || number == SYS_mprotect || number == SYS_mmap || number == SYS_mremap ||
                number == SYS_shmat || number == SYS_rt_sigaction || number == SYS_rt_sigprocmask || number == SYS_brk ||
                number == SYS_close || number == 436 || number == SYS_dup2 || number == SYS_dup3 || number == SYS_madvise ||
                number == SYS_arch_prctl || number == SYS_setrlimit || number == SYS_prlimit64 || number == SYS_futex ||
                number == SYS_nanosleep || number == SYS_clock_nanosleep || number == SYS_poll || number == SYS_select ||
                number == SYS_rt_sigtimedwait || number == SYS_read || number == SYS_readv || number == SYS_chroot ||
                number == SYS_ppoll || number == SYS_pselect6 || number == SYS_epoll_wait || number == SYS_chdir ||
                number == SYS_epoll_pwait || number == 441 || number == SYS_flock || number == SYS_wait4 ||
                number == SYS_waitid || number == SYS_accept || number == SYS_accept4 || number == SYS_recvfrom ||
                number == SYS_recvmsg || number == SYS_recvmmsg || number == SYS_fchdir || number == SYS_preadv ||
                number == SYS_sigaltstack || number == SYS_set_robust_list || number == SYS_set_tid_address ||
                number == SYS_io_getevents || number == SYS_mq_timedreceive || number == SYS_msgrcv || number == 449)
                continue;
            syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        }
    });
    CHECK(how == 0);
}

static void *closes_after_a_moment(void *s) {
    usleep(2000);
    shutdown((int)(intptr_t)s, SHUT_RDWR);
    close((int)(intptr_t)s);
    return NULL;
}

static int tcp_listener(struct sockaddr_in *at) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(s, (void *)at, sizeof *at) || listen(s, 4096) || getsockname(s, (void *)at, &length)) return -1;
    return s;
}

static void sockets_are_closed_while_they_are_used(void) {
    for (int round = 0; round < 30; round++) {
        struct sockaddr_in at;
        char byte;
        pthread_t thread;
        int server = tcp_listener(&at), client = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(connect(client, (void *)&at, sizeof at) == 0);
        int end = accept(server, NULL, NULL);
        CHECK(pthread_create(&thread, NULL, closes_after_a_moment, (void *)(intptr_t)client) == 0);
        CHECK(recv(round % 2 ? client : end, &byte, 1, 0) <= 0);
        pthread_join(thread, NULL);
        CHECK(pthread_create(&thread, NULL, closes_after_a_moment, (void *)(intptr_t)server) == 0);
        CHECK(accept(server, NULL, NULL) == -1);
        pthread_join(thread, NULL);
        close(end);
    }
}

static void floods_of_sockets(void) {
    struct sockaddr_in at;
    static char much[65536];
    int server = tcp_listener(&at);
    int how = KILLED_BY({
        /* Connections that nobody accepts, each stuffed with data, whose clients go. */
        for (int i = 0; i < 6000; i++) {
            int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            if (c < 0) _exit(1);
            connect(c, (void *)&at, sizeof at);
            for (int j = 0; j < 4 && send(c, much, sizeof much, MSG_NOSIGNAL | MSG_DONTWAIT) > 0; j++) {}
            close(c);
        }
        int u = socket(AF_INET, SOCK_DGRAM, 0);
        at.sin_port = 0;
        bind(u, (void *)&at, sizeof at);
        getsockname(u, (void *)&at, &(socklen_t){sizeof at});
        for (int i = 0; i < 20000; i++) sendto(u, much, i % 2 ? 1 : 60000, MSG_DONTWAIT, (void *)&at, sizeof at);
    });
    CHECK(how == 0);
    /* The guest goes on: its sockets still work. */
    int first = accept4(server, NULL, NULL, SOCK_NONBLOCK);
    CHECK(first >= 0);
    close(first), close(server);
    server = tcp_listener(&at);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(c, (void *)&at, sizeof at) == 0 && write(c, "x", 1) == 1);
    int end = accept(server, NULL, NULL);
    CHECK(end >= 0 && read(end, much, 1) == 1);
    close(c), close(end), close(server);
}

static void wild_arguments_of_sockets(void) {
    int how = KILLED_BY({
        srand(7);
        alarm(20);
        signal(SIGPIPE, SIG_IGN);
        static unsigned char wild[512];
        int domains[] = {AF_INET, AF_INET6, AF_NETLINK, AF_UNIX};
        int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, 270, -1};
        for (int round = 0; round < 4000; round++) {
            int domain = domains[rand() % 4];
            int s = socket(domain, (rand() % 3 + 1) | SOCK_NONBLOCK, 0);
            if (s < 0) continue;
            for (size_t i = 0; i < sizeof wild; i++) wild[i] = rand() % 3 ? 0 : rand();
            *(unsigned short *)wild = rand() % 4 ? domain : rand();
            if (domain == AF_NETLINK && rand() % 2) *(int *)wild = rand() % 300;
            for (int i = 0; i < 12; i++) {
                int length = rand() % 4 ? rand() % 140 : rand() - RAND_MAX / 2;
                socklen_t room = length;
                switch (rand() % 12) {
                    case 0: bind(s, (void *)wild, length); break;
                    case 1: connect(s, (void *)wild, length); break;
                    case 2: sendto(s, wild, rand() % 512, MSG_DONTWAIT | rand() % 2, (void *)wild, length); break;
                    case 3: recvfrom(s, wild, rand() % 512, MSG_DONTWAIT | (rand() & 0x3123), (void *)wild, &room); break;
                    case 4: setsockopt(s, levels[rand() % 7], rand() % 80, wild, length); break;
                    case 5: getsockopt(s, levels[rand() % 7], rand() % 80, wild, &room); break;
                    case 6: ioctl(s, 0x8900 + rand() % 256, wild); break;
                    case 7: listen(s, length); break;
                    case 8: shutdown(s, rand() % 4 - 1); break;
                    case 9: getsockname(s, (void *)wild, &room); break;
                    case 10: {
                        struct iovec v = {wild, rand() % 512};
                        struct msghdr m = {wild, length, &v, 1, wild, rand() % 512, 0};
                        sendmsg(s, &m, MSG_DONTWAIT);
                        break;
                    }
                    default: {
                        struct iovec v = {wild, rand() % 512};
                        struct msghdr m = {wild, length, &v, rand() % 3, wild, rand() % 512, 0};
                        recvmsg(s, &m, MSG_DONTWAIT | (rand() & 0x2102));
                    }
                }
            }
            close(s);
        }
    });
    CHECK(how == 0);
}

/* Whoever fills what the kernel keeps for him is refused at some point, and others go on. */
static void floods_of_kernel_objects_are_refused(void) {
    static char text[8192 + 8];
    int status = IN_CHILD({
        long sent = 0;
        int full = 0;
        for (int i = 0; i < 40000 && !full; i++) {
            int id = msgget(IPC_PRIVATE, 0600);
            if (id < 0) break;
            *(long *)text = 1;
            while (msgsnd(id, text, 8192, IPC_NOWAIT) == 0) sent++;
            full = errno == ENOMEM;
        }
        CHECK(errno == ENOMEM || errno == ENOSPC);
        CHECK(sent > 100);
        struct msqid_ds ds;
        for (int i = 0, id; i < 32768; i++)
            if ((id = msgctl(i, 13 /* MSG_STAT_ANY */, &ds)) >= 0) CHECK(msgctl(id, IPC_RMID, NULL) == 0);
    });
    CHECK(status == 0);
    status = IN_CHILD({
        int made = 0;
        int ids[4000];
        struct sembuf up = {31999, 1, SEM_UNDO};
        while (made < 4000 && (ids[made] = semget(IPC_PRIVATE, 32000, 0600)) >= 0) {
            made++;
            if (semop(ids[made - 1], &up, 1) != 0) break;
        }
        CHECK(made < 4000 && made > 10 && (errno == ENOMEM || errno == ENOSPC));
        while (made > 0) CHECK(semctl(ids[--made], 0, IPC_RMID) == 0);
    });
    CHECK(status == 0);
    for (int user = 5001; user < 5041; user++) {
        /* Each user has a limit of his own; all together have one too. */
        status = IN_CHILD({
            if (setresuid(user, user, user) != 0) _exit(0);
            char name[64];
            for (int i = 0; i < 9; i++) {
                snprintf(name, sizeof name, "/flood-%d-%d", user, i);
                mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
                while (q >= 0 && mq_send(q, text, 8192, 0) == 0) continue;
            }
            int in[128];
            int file = open("/tmp/flood", O_RDWR | O_CREAT, 0666);
            for (int i = 0; i < 128; i++) {
                in[i] = inotify_init1(IN_NONBLOCK);
                inotify_add_watch(in[i], "/tmp/flood", IN_ALL_EVENTS);
            }
            for (int i = 0; i < 500; i++)
                if (pwrite(file, "x", 1, 0) != 1 || pread(file, text, 1, 0) != 1) break;
            for (int i = 0; i < 9; i++) {
                snprintf(name, sizeof name, "/flood-%d-%d", user, i);
                if (user % 2) mq_unlink(name);
            }
        });
        CHECK(status == 0);
    }
    char name[64];
    for (int user = 5001; user < 5041; user++)
        for (int i = 0; i < 9; i++) snprintf(name, sizeof name, "/flood-%d-%d", user, i), mq_unlink(name);
    int id = msgget(IPC_PRIVATE, 0600);
    *(long *)text = 1;
    CHECK(id >= 0 && msgsnd(id, text, 8192, IPC_NOWAIT) == 0 && msgctl(id, IPC_RMID, NULL) == 0);
    mqd_t q = mq_open("/after", O_RDWR | O_CREAT, 0600, NULL);
    CHECK(q >= 0 && mq_send(q, text, 8192, 0) == 0 && mq_unlink("/after") == 0);
    close(q);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    stub = (char *)strtoul(argv[1], NULL, 16);
    host_process = atoi(argv[2]);
    RUN(the_hosts_files_are_not_there);
    RUN(host_processes_are_not_there);
    RUN(the_kernel_cannot_be_changed);
    RUN(int80_reaches_nothing);
    RUN(sysenter_reaches_nothing);
    RUN(compatibility_mode_reaches_nothing);
    RUN(vsyscall_page_gives_no_host_call);
    RUN(the_stub_cannot_be_mapped_over);
    RUN(the_stub_cannot_be_written);
    RUN(jumping_into_the_stub_gains_nothing);
    RUN(stub_gadgets_are_the_guests_own_calls);
    RUN(bad_stack_pointer_at_a_call);
    RUN(non_canonical_jump);
    RUN(spoilt_signal_frames);
    RUN(spoilt_floating_point_state);
    RUN(bases_of_segments);
    RUN(sockets_are_closed_while_they_are_used);
    RUN(floods_of_sockets);
    RUN(wild_arguments_of_sockets);
    RUN(floods_of_kernel_objects_are_refused);
    RUN(every_number_and_wild_arguments);
    DONE;
}
