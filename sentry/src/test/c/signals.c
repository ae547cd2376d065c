/* sigaction(2), sigprocmask(2), kill(2), sigreturn(2), sigaltstack(2), sigsuspend(2), sigtimedwait(2), restarts. */
#include "check.h"
#include <pthread.h>
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t count, last;
static siginfo_t last_info;

static void note(int signal) { count++, last = signal; }
static void note_info(int signal, siginfo_t *info, void *context) {
    (void)context;
    count++, last = signal, last_info = *info;
}

static void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

static void handler_runs_and_returns(void) {
    handle(SIGUSR1, note, 0);
    count = 0;
    double kept = 1.5;
    CHECK(raise(SIGUSR1) == 0 && count == 1 && last == SIGUSR1 && kept == 1.5);
    CHECK(kill(getpid(), SIGUSR1) == 0 && count == 2);
    struct sigaction old;
    CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == note);
    FAILS(EINVAL, syscall(SYS_rt_sigaction, SIGKILL, &old, NULL, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigaction, 0, NULL, NULL, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
}

static void blocked_signals_wait(void) {
    sigset_t set, old, pending;
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    count = 0;
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    raise(SIGUSR1), raise(SIGUSR1);
    CHECK(count == 0 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && count == 1);
    FAILS(EINVAL, sigprocmask(77, &set, NULL));
}

static void real_time_signals_queue_with_values(void) {
    struct sigaction action = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN + 1, &action, NULL);
    sigset_t set, old;
    sigemptyset(&set), sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, &old);
    count = 0;
    for (int i = 0; i < 5; i++) {
        union sigval value = {.sival_int = i};
        CHECK(sigqueue(getpid(), SIGRTMIN + 1, value) == 0);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    CHECK(count == 5 && last_info.si_value.sival_int == 4 && last_info.si_code == SI_QUEUE && last_info.si_pid == getpid());
}

static void child_information_arrives(void) {
    struct sigaction action = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    count = 0;
    int status = IN_CHILD({ _exit(3); });
    CHECK(status == 3 << 8 && count == 1 && last_info.si_code == CLD_EXITED && last_info.si_status == 3);
    handle(SIGCHLD, SIG_DFL, 0);
}

static void ignored_children_leave_no_zombie(void) {
    handle(SIGCHLD, SIG_IGN, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(0);
    int status;
    FAILS(ECHILD, waitpid(child, &status, 0));
    handle(SIGCHLD, SIG_DFL, 0);
}

static void read_is_interrupted_or_restarted(void) {
    int pipes[2];
    char c;
    CHECK(pipe(pipes) == 0);
    struct itimerval soon = {.it_value = {0, 20000}};
    handle(SIGALRM, note, 0);
    count = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    FAILS(EINTR, read(pipes[0], &c, 1));
    CHECK(count == 1);
    handle(SIGALRM, note, SA_RESTART);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        usleep(60000);
        _exit(write(pipes[1], "x", 1) != 1);
    }
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK(read(pipes[0], &c, 1) == 1 && c == 'x' && count == 2);
    waitpid(child, NULL, 0), close(pipes[0]), close(pipes[1]);
}

static void sleep_is_interrupted_with_the_rest(void) {
    struct itimerval soon = {.it_value = {0, 20000}};
    struct timespec want = {5, 0}, rest = {0};
    handle(SIGALRM, note, SA_RESTART);
    setitimer(ITIMER_REAL, &soon, NULL);
    FAILS(EINTR, nanosleep(&want, &rest));
    CHECK(rest.tv_sec == 4);
}

static void stop_and_continue_restart_a_sleep(void) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct timespec want = {0, 200000000};
        _exit(nanosleep(&want, NULL) != 0);
    }
    usleep(30000), kill(child, SIGSTOP), usleep(30000), kill(child, SIGCONT);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void mask_during_the_handler(void) {
    handle(SIGUSR2, note, 0);
    struct sigaction action = {.sa_handler = note};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    sigset_t now;
    raise(SIGUSR1);
    sigprocmask(0, NULL, &now);
    CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
}

static volatile int depth, deepest;
static void nested(int signal) {
    depth++;
    if (depth > deepest) deepest = depth;
    if (depth < 3) raise(signal);
    depth--;
}

static void nodefer_nests_and_resethand_resets(void) {
    handle(SIGUSR1, nested, SA_NODEFER);
    raise(SIGUSR1);
    CHECK(deepest == 3);
    handle(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction old;
    sigaction(SIGUSR1, NULL, &old);
    CHECK(old.sa_handler == SIG_DFL);
}

static char alternate[65536];
static volatile int on_alternate;
static sigjmp_buf escape;
static void look_at_stack(int signal) {
    char here;
    (void)signal;
    on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
}
static void escape_from(int signal) { siglongjmp(escape, signal); }
static int overflow(int n) {
    volatile char room[4096];
    room[0] = (char)n;
    return overflow(n + 1) + room[0];
}

static void alternate_stack_is_used(void) {
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;
    CHECK(sigaltstack(&stack, NULL) == 0);
    handle(SIGUSR1, look_at_stack, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK(on_alternate == 1);
    CHECK(sigaltstack(NULL, &old) == 0 && old.ss_sp == alternate && old.ss_flags == 0);
    handle(SIGSEGV, escape_from, SA_ONSTACK);
    if (sigsetjmp(escape, 1) == 0) {
        overflow(0);
        CHECK(!"overflowed");
    }
    handle(SIGSEGV, SIG_DFL, 0);
    stack.ss_size = 100;
    FAILS(ENOMEM, sigaltstack(&stack, NULL));
    stack.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&stack, NULL) == 0);
}

static void change_registers(int signal, siginfo_t *info, void *context) {
    ucontext_t *u = context;
    (void)signal, (void)info;
    u->uc_mcontext.gregs[REG_RIP] += 2;
    u->uc_mcontext.gregs[REG_RBX] = 1234;
}

static void handler_edits_registers(void) {
    struct sigaction action = {.sa_sigaction = change_registers, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    long rbx = 1;
    __asm__ volatile("ud2" : "+b"(rbx));
    CHECK(rbx == 1234);
    handle(SIGILL, SIG_DFL, 0);
}

static void floating_point_survives_handlers(void) {
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    handle(SIGALRM, note, SA_RESTART);
    count = 0;
    setitimer(ITIMER_REAL, &often, NULL);
    double sum = 0, end = now_seconds() + 0.2;
    int rounds = 0;
    while (now_seconds() < end) {
        sum = 0;
        for (int i = 0; i < 1000; i++) sum += i * 0.5;
        if (sum != 249750.0) break;
        rounds++;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(sum == 249750.0 && count > 3 && rounds > 0);
}

static void exceptions_become_signals(void) {
    int status = IN_CHILD({ handle(SIGFPE, SIG_DFL, 0); __asm__ volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::: "eax", "ecx", "edx"); });
    CHECK(WTERMSIG(status) == SIGFPE);
    status = IN_CHILD({ __asm__ volatile("ud2"); });
    CHECK(WTERMSIG(status) == SIGILL);
    status = IN_CHILD({ __asm__ volatile("int3"); });
    CHECK(WTERMSIG(status) == SIGTRAP);
    status = IN_CHILD({ __asm__ volatile("hlt"); });
    CHECK(WTERMSIG(status) == SIGSEGV);
    status = IN_CHILD({ abort(); });
    CHECK(WTERMSIG(status) == SIGABRT);
}

static void suspend_and_timed_wait(void) {
    sigset_t set, none, old;
    siginfo_t info;
    sigemptyset(&none), sigemptyset(&set), sigaddset(&set, SIGUSR1);
    handle(SIGUSR1, note, 0);
    sigprocmask(SIG_BLOCK, &set, &old);
    struct timespec zero = {0, 0}, little = {0, 10000000};
    FAILS(EAGAIN, sigtimedwait(&set, &info, &zero));
    FAILS(EAGAIN, sigtimedwait(&set, &info, &little));
    raise(SIGUSR1);
    CHECK(sigtimedwait(&set, &info, &zero) == SIGUSR1 && info.si_signo == SIGUSR1);
    raise(SIGUSR1);
    count = 0;
    FAILS(EINTR, sigsuspend(&none));
    CHECK(count == 1);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void kill_checks_its_target(void) {
    FAILS(ESRCH, kill(99999, 0));
    FAILS(EINVAL, kill(getpid(), 65));
    CHECK(kill(getpid(), 0) == 0);
    FAILS(ESRCH, syscall(SYS_tgkill, getpid(), 99999, 0));
    FAILS(EINVAL, syscall(SYS_tgkill, -1, 1, 0));
}

static pthread_t main_thread;
static void *signal_main(void *argument) {
    (void)argument;
    usleep(20000);
    pthread_kill(main_thread, SIGUSR2);
    return NULL;
}

static void directed_at_a_thread(void) {
    pthread_t thread;
    handle(SIGUSR2, note, 0);
    main_thread = pthread_self(), count = 0;
    pthread_create(&thread, NULL, signal_main, NULL);
    FAILS(EINTR, pause());
    CHECK(count == 1);
    pthread_join(thread, NULL);
}

static void broken_pipe_kills(void) {
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    close(pipes[0]);
    int status = IN_CHILD({ if (write(pipes[1], "x", 1)) _exit(0); });
    CHECK(WTERMSIG(status) == SIGPIPE);
    handle(SIGPIPE, SIG_IGN, 0);
    FAILS(EPIPE, write(pipes[1], "x", 1));
    handle(SIGPIPE, SIG_DFL, 0);
    close(pipes[1]);
}

static void many_signals_between_processes(void) {
    int pipes[2], status;
    char c;
    CHECK(pipe(pipes) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        handle(SIGUSR1, note, 0);
        count = 0;
        if (write(pipes[1], "r", 1) != 1) _exit(1);
        double end = now_seconds() + 20;
        while (count < 100 && now_seconds() < end) pause();
        _exit(count < 100);
    }
    CHECK(read(pipes[0], &c, 1) == 1);
    while (waitpid(child, &status, WNOHANG) == 0) kill(child, SIGUSR1), usleep(200);
    CHECK(status == 0);
    close(pipes[0]), close(pipes[1]);
}

int main(void) {
    RUN(handler_runs_and_returns);
    RUN(blocked_signals_wait);
    RUN(real_time_signals_queue_with_values);
    RUN(child_information_arrives);
    RUN(ignored_children_leave_no_zombie);
    RUN(read_is_interrupted_or_restarted);
    RUN(sleep_is_interrupted_with_the_rest);
    RUN(stop_and_continue_restart_a_sleep);
    RUN(mask_during_the_handler);
    RUN(nodefer_nests_and_resethand_resets);
    RUN(alternate_stack_is_used);
    RUN(handler_edits_registers);
    RUN(floating_point_survives_handlers);
    RUN(exceptions_become_signals);
    RUN(suspend_and_timed_wait);
    RUN(kill_checks_its_target);
    RUN(directed_at_a_thread);
    RUN(broken_pipe_kills);
    RUN(many_signals_between_processes);
    DONE;
}
