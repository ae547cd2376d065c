/* fork(2), vfork(2), clone(2), execve(2), wait(2), exit(2), threads, sessions and identity. */
#include "check.h"
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/utsname.h>

static const char *self;

static void exit_status_reaches_the_parent(void) {
    int status = IN_CHILD({ _exit(7); });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = IN_CHILD({ _exit(0x1ff); });
    CHECK(WEXITSTATUS(status) == 0xff);
    status = IN_CHILD({ raise(SIGKILL); });
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void wait_variants(void) {
    int status;
    FAILS(ECHILD, waitpid(-1, &status, 0));
    fflush(stdout);
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    pid_t child = fork();
    if (child == 0) {
        char c;
        if (read(pipes[0], &c, 1) < 0) _exit(1);
        _exit(3);
    }
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    CHECK(write(pipes[1], "x", 1) == 1);
    siginfo_t info;
    memset(&info, 0, sizeof info);
    CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
    CHECK(info.si_pid == child && info.si_status == 3 && info.si_code == CLD_EXITED && info.si_signo == SIGCHLD);
    struct rusage usage;
    CHECK(wait4(child, &status, 0, &usage) == child && WEXITSTATUS(status) == 3);
    FAILS(ECHILD, waitpid(child, &status, 0));
    FAILS(EINVAL, waitpid(-1, &status, 0x1234));
    close(pipes[0]), close(pipes[1]);
}

static void stop_and_continue_are_reported(void) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    CHECK(kill(child, SIGSTOP) == 0);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    CHECK(kill(child, SIGTERM) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void exec_passes_arguments_and_environment(void) {
    int pipes[2], status;
    char got[64] = {0};
    CHECK(pipe(pipes) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], 1);
        char *arguments[] = {"name", "echo", "two words", NULL}, *environment[] = {"KEY=value", NULL};
        execve(self, arguments, environment);
        _exit(99);
    }
    close(pipes[1]);
    size_t n = 0;
    for (ssize_t r; (r = read(pipes[0], got + n, sizeof got - 1 - n)) > 0;) n += r;
    CHECK(strcmp(got, "two words value\n") == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(pipes[0]);
}

static void exec_failures(void) {
    char *arguments[] = {"x", NULL};
    FAILS(ENOENT, execve("./missing", arguments, NULL));
    close(make_file("plain", "not a program"));
    FAILS(EACCES, execve("./plain", arguments, NULL));
    CHECK(chmod("plain", 0755) == 0);
    FAILS(ENOEXEC, execve("./plain", arguments, NULL));
    FAILS(EACCES, execve("/", arguments, NULL));
    close(make_file("loop1", "#!./loop1\n"));
    CHECK(chmod("loop1", 0755) == 0);
    FAILS(ELOOP, execve("./loop1", arguments, NULL));
    FAILS(EFAULT, execve((char *)8, arguments, NULL));
    FAILS(EFAULT, execve("./plain", (char **)8, NULL));
    close(make_file("elf32", "\177ELF\1\1\1"));
    CHECK(chmod("elf32", 0755) == 0);
    FAILS(ENOEXEC, execve("./elf32", arguments, NULL));
    char *big = malloc(200000);
    memset(big, 'x', 199999), big[199999] = 0;
    char *too_long[] = {"x", big, NULL};
    FAILS(E2BIG, execve(self, too_long, NULL));
    free(big);
}

static void scripts_run_by_their_interpreter(void) {
    char text[PATH_MAX + 64];
    snprintf(text, sizeof text, "#!%s script-argument\nrest is ignored", self);
    close(make_file("script", text));
    CHECK(chmod("script", 0755) == 0);
    int status = IN_CHILD({
        char *arguments[] = {"replaced", "tail", NULL};
        execv("./script", arguments);
        _exit(99);
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 21);
}

static void close_on_exec_closes(void) {
    int kept = dup(1), closed = fcntl(1, F_DUPFD_CLOEXEC, 0);
    char a[16], b[16];
    snprintf(a, sizeof a, "%d", kept), snprintf(b, sizeof b, "%d", closed);
    int status = IN_CHILD({
        char *arguments[] = {"x", "descriptors", a, b, NULL};
        execv(self, arguments);
        _exit(99);
    });
    CHECK(status == 0);
    close(kept), close(closed);
}

static volatile int shared_by_vfork;

static void vfork_shares_memory_and_waits(void) {
    fflush(stdout);
    int status;
    pid_t child = vfork();
    if (child == 0) {
        shared_by_vfork = 5;
        _exit(4);
    }
    CHECK(shared_by_vfork == 5);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 4);
}

static int clone_body(void *argument) {
    *(volatile int *)argument = 77;
    return 9;
}

static void clone_with_shared_memory(void) {
    static char stack[65536] __attribute__((aligned(16)));
    volatile int value = 0;
    int status;
    pid_t child = clone(clone_body, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *)&value);
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9 && value == 77);
    FAILS(EINVAL, syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
    FAILS(EINVAL, syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;
static __thread int thread_local_value;

static void *count(void *argument) {
    thread_local_value = (int)(long)argument;
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return (void *)(long)(thread_local_value * 2);
}

static void threads_share_and_join(void) {
    pthread_t threads[8];
    for (long i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, count, (void *)i) == 0);
    for (long i = 0; i < 8; i++) {
        void *result;
        CHECK(pthread_join(threads[i], &result) == 0 && (long)result == i * 2);
    }
    CHECK(counter == 16000);
}

static void *report_ids(void *argument) {
    long *ids = argument;
    ids[0] = getpid(), ids[1] = syscall(SYS_gettid), ids[2] = getppid();
    return NULL;
}

static void threads_have_one_pid_and_many_tids(void) {
    long ids[3];
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, report_ids, ids) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(ids[0] == getpid() && ids[1] != getpid() && ids[2] == getppid() && syscall(SYS_gettid) == getpid());
}

static void *sleep_forever(void *argument) {
    (void)argument;
    for (;;) pause();
    return NULL;
}

static void exit_group_ends_blocked_threads(void) {
    int status = IN_CHILD({
        pthread_t thread;
        for (int i = 0; i < 4; i++) pthread_create(&thread, NULL, sleep_forever, NULL);
        usleep(20000);
        exit(6);
    });
    CHECK(WEXITSTATUS(status) == 6);
}

static void *exec_from_thread(void *argument) {
    (void)argument;
    char *arguments[] = {"x", "pid-is-tid", NULL};
    execv(self, arguments);
    _exit(98);
}

static void exec_from_a_thread_takes_the_leaders_id(void) {
    int status = IN_CHILD({
        pthread_t thread;
        pthread_create(&thread, NULL, sleep_forever, NULL);
        pthread_create(&thread, NULL, exec_from_thread, NULL);
        for (;;) pause();
    });
    CHECK(status == 0);
}

static void orphans_are_adopted(void) {
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    int status = IN_CHILD({
        if (fork() == 0) {
            pid_t parent = getppid();
            for (int i = 0; i < 500 && getppid() == parent; i++) usleep(10000);
            char changed = getppid() != parent;
            if (write(pipes[1], &changed, 1) != 1) _exit(1);
            _exit(0);
        }
        usleep(20000);
    });
    char changed = 0;
    CHECK(status == 0 && read(pipes[0], &changed, 1) == 1 && changed == 1);
    close(pipes[0]), close(pipes[1]);
}

static void sessions_and_groups(void) {
    int status = IN_CHILD({
        CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid());
        FAILS(EPERM, setsid());
        FAILS(EPERM, setpgid(0, 0));
        pid_t child = fork();
        if (child == 0) {
            CHECK(getpgrp() == getppid());
            CHECK(setpgid(0, 0) == 0 && getpgrp() == getpid());
            _exit(failures != 0);
        }
        int inner;
        CHECK(waitpid(child, &inner, 0) == child && inner == 0);
        FAILS(ESRCH, setpgid(99999, 0));
        FAILS(EINVAL, setpgid(0, -1));
    });
    CHECK(status == 0);
}

static void identity_changes(void) {
    int status = IN_CHILD({
        CHECK(setresgid(10, 20, 30) == 0 && setresuid(1, 2, 3) == 0);
        uid_t r;
        uid_t e;
        uid_t s;
        CHECK(getresuid(&r, &e, &s) == 0 && r == 1 && e == 2 && s == 3);
        CHECK(getgid() == 10 && getegid() == 20);
        FAILS(EPERM, setresuid(-1, 0, -1));
        CHECK(seteuid(3) == 0 && geteuid() == 3);
        FAILS(EPERM, setgroups(0, NULL));
    });
    CHECK(status == 0);
    status = IN_CHILD({
        gid_t groups[3] = {7, 8, 9};
        gid_t got[8];
        CHECK(syscall(SYS_setgroups, 3, groups) == 0 && getgroups(8, got) == 3 && got[1] == 8);
        FAILS(EINVAL, getgroups(1, got));
        CHECK(getgroups(0, NULL) == 3);
    });
    CHECK(status == 0);
}

static void names_and_limits(void) {
    char name[16] = {0};
    CHECK(prctl(PR_SET_NAME, "a-long-name-that-is-cut") == 0 && prctl(PR_GET_NAME, name) == 0);
    CHECK(strcmp(name, "a-long-name-tha") == 0);
    struct utsname uts;
    CHECK(uname(&uts) == 0 && strcmp(uts.sysname, "Linux") == 0 && strcmp(uts.machine, "x86_64") == 0);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > 0);
    FAILS(EINVAL, syscall(SYS_getrlimit, 99, &limit));
    limit = (struct rlimit){10, 5};
    FAILS(EINVAL, setrlimit(RLIMIT_NOFILE, &limit));
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    int signal = 0;
    CHECK(prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL);
    CHECK(prctl(PR_SET_PDEATHSIG, 0) == 0);
    FAILS(EINVAL, prctl(12345));
    FAILS(ENOSYS, syscall(9999));
    FAILS(ENOSYS, syscall(-5));
    CHECK(syscall(SYS_getpid | 0L) == getpid());
}

static void usage_grows(void) {
    struct rusage a, b;
    CHECK(getrusage(RUSAGE_SELF, &a) == 0);
    double end = now_seconds() + 0.05;
    while (now_seconds() < end) for (volatile int i = 0; i < 100000; i++);
    CHECK(getrusage(RUSAGE_SELF, &b) == 0);
    CHECK(b.ru_utime.tv_sec * 1e6 + b.ru_utime.tv_usec > a.ru_utime.tv_sec * 1e6 + a.ru_utime.tv_usec);
    FAILS(EINVAL, getrusage(55, &a));
    struct tms t;
    CHECK(times(&t) != -1);
    struct rusage thread; /* its threads that have ended count for the process only */
    CHECK(getrusage(RUSAGE_SELF, &a) == 0 && getrusage(RUSAGE_THREAD, &thread) == 0);
    usleep(1000), usleep(1000);
    CHECK(getrusage(RUSAGE_SELF, &b) == 0 && b.ru_nvcsw >= a.ru_nvcsw + 2 && b.ru_nivcsw >= a.ru_nivcsw);
    CHECK(getrusage(RUSAGE_THREAD, &b) == 0 && b.ru_nvcsw >= thread.ru_nvcsw + 2 && b.ru_maxrss > 0);
    long size = 32 << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, size, MADV_NOHUGEPAGE);
    for (long i = 0; i < size; i += 4096) memory[i] = 1;
    munmap(memory, size);
    CHECK(getrusage(RUSAGE_SELF, &b) == 0 && b.ru_maxrss >= 32 << 10 && b.ru_minflt >= a.ru_minflt + 7000);
    struct rusage before, after, waited;
    CHECK(getrusage(RUSAGE_CHILDREN, &before) == 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 20; i++) usleep(100);
        _exit(0);
    }
    CHECK(wait4(child, NULL, 0, &waited) == child && waited.ru_nvcsw >= 20 && waited.ru_maxrss > 0);
    CHECK(getrusage(RUSAGE_CHILDREN, &after) == 0 && after.ru_nvcsw >= before.ru_nvcsw + 20);
    CHECK(after.ru_minflt >= before.ru_minflt && waited.ru_minflt > 0);
}

static void many_children_come_and_go(void) {
    for (int i = 0; i < 50; i++) {
        int status = IN_CHILD({ _exit(i); });
        if (!WIFEXITED(status) || WEXITSTATUS(status) != i) { CHECK(!"status"); break; }
    }
    while (wait(NULL) > 0); /* as process 1 of a sandbox, this program has adopted an orphan */
    FAILS(ECHILD, wait(NULL));
}

int main(int argc, char **argv, char **envp) {
    static char path[PATH_MAX];
    if (argc > 2 && strcmp(argv[1], "echo") == 0) {
        printf("%s %s\n", argv[2], getenv("KEY"));
        return envp[1] != NULL;
    }
    if (argc == 4 && strcmp(argv[1], "script-argument") == 0)
        return strcmp(argv[2], "./script") == 0 && strcmp(argv[3], "tail") == 0 ? 21 : 22;
    if (argc == 4 && strcmp(argv[1], "descriptors") == 0)
        return !(fcntl(atoi(argv[2]), F_GETFD) == 0 && fcntl(atoi(argv[3]), F_GETFD) == -1);
    if (argc == 2 && strcmp(argv[1], "pid-is-tid") == 0) return getpid() != syscall(SYS_gettid);
    path[readlink("/proc/self/exe", path, sizeof path - 1)] = 0;
    self = path;
    RUN(exit_status_reaches_the_parent);
    RUN(wait_variants);
    RUN(stop_and_continue_are_reported);
    RUN(exec_passes_arguments_and_environment);
    RUN(exec_failures);
    RUN(scripts_run_by_their_interpreter);
    RUN(close_on_exec_closes);
    RUN(vfork_shares_memory_and_waits);
    RUN(clone_with_shared_memory);
    RUN(threads_share_and_join);
    RUN(threads_have_one_pid_and_many_tids);
    RUN(exit_group_ends_blocked_threads);
    RUN(exec_from_a_thread_takes_the_leaders_id);
    RUN(orphans_are_adopted);
    RUN(sessions_and_groups);
    RUN(identity_changes);
    RUN(names_and_limits);
    RUN(usage_grows);
    RUN(many_children_come_and_go);
    DONE;
}
