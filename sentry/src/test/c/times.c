/* clock_gettime(2), nanosleep(2), timers, futex(2). */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timex.h>

static void clocks_go_forward(void) {
    struct timespec a, b;
    for (int clock = 0; clock <= 7; clock++) {
        if (clock == 8) continue;
        CHECK(clock_gettime(clock, &a) == 0 && clock_gettime(clock, &b) == 0);
        CHECK(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
        CHECK(a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
        CHECK(syscall(SYS_clock_gettime, clock, &a) == 0);
    }
    CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &a) == 0 && a.tv_sec > 1700000000);
    FAILS(EINVAL, clock_gettime(99, &a));
    FAILS(EFAULT, syscall(SYS_clock_gettime, 0, 8));
    struct timeval tv;
    CHECK(gettimeofday(&tv, NULL) == 0 && tv.tv_sec > 1700000000 && time(NULL) - tv.tv_sec <= 1);
    CHECK(clock_getres(CLOCK_MONOTONIC, &a) == 0 && a.tv_sec == 0);
}

static void sleeps_last_long_enough(void) {
    double start = now_seconds();
    struct timespec t = {0, 30000000};
    CHECK(nanosleep(&t, NULL) == 0 && now_seconds() - start >= 0.03);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    start = now_seconds();
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0 && now_seconds() - start >= 0.018);
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
    t.tv_nsec = 1000000000;
    FAILS(EINVAL, nanosleep(&t, NULL));
    t.tv_nsec = -1;
    FAILS(EINVAL, nanosleep(&t, NULL));
}

static volatile sig_atomic_t ticks;
static void tick(int signal) { (void)signal, ticks++; }

static void interval_timers_repeat(void) {
    signal(SIGALRM, tick);
    struct itimerval timer = {{0, 5000}, {0, 5000}}, got;
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    CHECK(getitimer(ITIMER_REAL, &got) == 0 && got.it_interval.tv_usec == 5000);
    double end = now_seconds() + 5;
    while (ticks < 3 && now_seconds() < end) pause();
    CHECK(ticks >= 3);
    memset(&timer, 0, sizeof timer);
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    CHECK(alarm(100) == 0 && alarm(0) == 100);
}

static void posix_timers(void) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    struct itimerspec spec = {{0, 0}, {0, 10000000}};
    ticks = 0;
    CHECK(timer_settime(timer, 0, &spec, NULL) == 0);
    double end = now_seconds() + 5;
    while (ticks == 0 && now_seconds() < end) usleep(2000);
    CHECK(ticks == 1 && timer_delete(timer) == 0);
    FAILS(EINVAL, timer_delete(timer));
}

static void cpu_clocks_count_work_and_not_sleep(void) {
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    usleep(50000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    CHECK((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec) < 40e6);
    double end = now_seconds() + 0.1;
    while (now_seconds() < end) for (volatile int i = 0; i < 100000; i++);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    CHECK((a.tv_sec - b.tv_sec) * 1e9 + (a.tv_nsec - b.tv_nsec) > 10e6);
}

static void overruns_are_counted_when_the_signal_is_taken(void) {
    sigset_t set;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    sigemptyset(&set), sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_getoverrun(timer) == 0);
    struct itimerspec spec = {{0, 1000000}, {0, 1000000}}, stop = {{0, 0}, {0, 0}}, got;
    CHECK(timer_settime(timer, 0, &spec, NULL) == 0);
    usleep(100000);
    CHECK(timer_getoverrun(timer) == 0); // of the last signal that was taken: none yet
    siginfo_t info;
    CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_code == SI_TIMER);
    CHECK(info.si_overrun >= 90 && timer_getoverrun(timer) == info.si_overrun);
    CHECK(timer_settime(timer, 0, &stop, &got) == 0);
    CHECK(got.it_interval.tv_nsec == 1000000 && got.it_value.tv_sec == 0 && got.it_value.tv_nsec > 0);
    CHECK(got.it_value.tv_nsec <= 1000000);
    CHECK(timer_gettime(timer, &got) == 0 && got.it_value.tv_sec == 0 && got.it_value.tv_nsec == 0);
    struct timespec none = {0, 0};
    while (sigtimedwait(&set, NULL, &none) > 0);
    // Every microsecond: far more often than anybody could be told.
    spec.it_interval.tv_nsec = spec.it_value.tv_nsec = 1000;
    CHECK(timer_settime(timer, 0, &spec, &got) == 0 && got.it_value.tv_nsec == 0 && timer_getoverrun(timer) == 0);
    usleep(50000);
    CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_overrun >= 40000);
    CHECK(timer_settime(timer, 0, &stop, NULL) == 0 && timer_delete(timer) == 0);
    while (sigtimedwait(&set, NULL, &none) > 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile pid_t signalled;
static void note_thread(int signal) { (void)signal, signalled = (pid_t)syscall(SYS_gettid); }

static void timers_signal_the_thread_they_name(void) {
    signal(SIGUSR2, note_thread);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL | SIGEV_THREAD_ID, .sigev_signo = SIGUSR2};
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    int id;
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id) == 0);
    struct itimerspec spec = {{0, 0}, {0, 1000000}};
    CHECK(syscall(SYS_timer_settime, id, 0, &spec, NULL) == 0);
    double end = now_seconds() + 5;
    while (signalled == 0 && now_seconds() < end) usleep(1000);
    CHECK(signalled == (pid_t)syscall(SYS_gettid) && syscall(SYS_timer_delete, id) == 0);
    event.sigev_notify_thread_id = 1;
    if (getpid() != 1) FAILS(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_notify = 77;
    FAILS(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_notify = SIGEV_SIGNAL, event.sigev_signo = 0;
    FAILS(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    FAILS(EOPNOTSUPP, syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, NULL, &id));
    FAILS(EOPNOTSUPP, syscall(SYS_timer_create, CLOCK_REALTIME_COARSE, NULL, &id));
    FAILS(EINVAL, syscall(SYS_timer_create, 99, NULL, &id));
    FAILS(EFAULT, syscall(SYS_timer_create, 99, 8, &id));
    FAILS(EFAULT, syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 8));
    FAILS(EINVAL, syscall(SYS_timer_settime, 12345, 0, NULL, NULL));
    FAILS(EFAULT, syscall(SYS_timer_settime, 12345, 0, 8, NULL));
    FAILS(EINVAL, syscall(SYS_timer_settime, 12345, 0, &spec, NULL));
}

static void burn(double seconds) {
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    do {
        for (volatile int i = 0; i < 100000; i++);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    } while (b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9 < seconds);
}

static void timers_of_cpu_time(void) {
    signal(SIGALRM, tick);
    for (int thread = 0; thread < 2; thread++) {
        clockid_t clock = thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
        CHECK(timer_create(clock, &event, &timer) == 0);
        struct itimerspec spec = {{0, 0}, {0, 50000000}};
        ticks = 0;
        CHECK(timer_settime(timer, 0, &spec, NULL) == 0);
        usleep(80000);
        CHECK(ticks == 0);
        burn(0.2);
        CHECK(ticks == 1 && timer_delete(timer) == 0);
    }
}

static void sleeps_by_a_childs_cpu_time(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        burn(5);
        _exit(0);
    }
    clockid_t clock;
    CHECK(clock_getcpuclockid(child, &clock) == 0);
    struct timespec t = {0, 50000000}, now;
    CHECK(clock_nanosleep(clock, 0, &t, NULL) == 0);
    CHECK(clock_gettime(clock, &now) == 0 && (now.tv_sec > 0 || now.tv_nsec >= 50000000));
    t.tv_nsec = 100000000;
    CHECK(clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL) == 0);
    CHECK(clock_gettime(clock, &now) == 0 && (now.tv_sec > 0 || now.tv_nsec >= 100000000));
    timer_t timer;
    signal(SIGALRM, tick);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    CHECK(timer_create(clock, &event, &timer) == 0);
    struct itimerspec spec = {{0, 0}, {0, 20000000}};
    ticks = 0;
    CHECK(timer_settime(timer, 0, &spec, NULL) == 0);
    double end = now_seconds() + 5;
    while (ticks == 0 && now_seconds() < end) usleep(2000);
    CHECK(ticks == 1 && timer_delete(timer) == 0);
    kill(child, SIGKILL), waitpid(child, NULL, 0);
    CHECK(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &(struct timespec){0, 1}, NULL) == 0);
    FAILS(EOPNOTSUPP, syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL));
    FAILS(EOPNOTSUPP, syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, NULL));
    FAILS(EINVAL, syscall(SYS_clock_nanosleep, 99, 0, &t, NULL));
    FAILS(EINVAL, syscall(SYS_clock_nanosleep, -8 | 6, 0, &t, NULL)); // this very thread
}

static void clocks_are_read_and_not_set(void) {
    struct timespec t = {1, 0};
    for (int clock = 0; clock <= 11; clock++) {
        if (clock >= 8 && clock <= 10) continue;
        CHECK(clock_getres(clock, &t) == 0 && t.tv_sec == 0 && t.tv_nsec >= 1 && t.tv_nsec <= 10000000);
        CHECK((t.tv_nsec == 1) == (clock != CLOCK_REALTIME_COARSE && clock != CLOCK_MONOTONIC_COARSE));
        CHECK(clock_getres(clock, NULL) == 0);
    }
    FAILS(EINVAL, syscall(SYS_clock_getres, 99, NULL));
    FAILS(EINVAL, syscall(SYS_clock_settime, CLOCK_MONOTONIC, 8));
    FAILS(EINVAL, syscall(SYS_clock_settime, CLOCK_PROCESS_CPUTIME_ID, &t));
    FAILS(EFAULT, syscall(SYS_clock_settime, CLOCK_REALTIME, 8));
    t.tv_sec = 1, t.tv_nsec = 1000000000;
    FAILS(EINVAL, syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
    t.tv_sec = -1, t.tv_nsec = 0;
    FAILS(EINVAL, syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
    struct timeval tv = {1, 2000000};
    FAILS(EINVAL, syscall(SYS_settimeofday, &tv, NULL));
    FAILS(EFAULT, syscall(SYS_settimeofday, 8, NULL));
    struct timex timex;
    memset(&timex, 0, sizeof timex);
    CHECK(adjtimex(&timex) >= 0 && timex.tick >= 9000 && timex.tick <= 11000 && llabs((long long)(timex.time.tv_sec - time(NULL))) <= 1);
    timex.modes = 0;
    CHECK(clock_adjtime(CLOCK_REALTIME, &timex) >= 0);
    FAILS(EOPNOTSUPP, clock_adjtime(CLOCK_MONOTONIC, &timex));
    FAILS(EINVAL, clock_adjtime(99, &timex));
    FAILS(EFAULT, syscall(SYS_adjtimex, 8));
    // Whoever may not set the clock; nobody may in a sandbox.
    CHECK(IN_CHILD({
              if (geteuid() == 0) CHECK(setuid(65534) == 0);
              t.tv_sec = 1700000000;
              FAILS(EPERM, syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
              timex.modes = ADJ_FREQUENCY;
              FAILS(EPERM, adjtimex(&timex));
              timex.modes = ADJ_OFFSET_SS_READ;
              CHECK(adjtimex(&timex) >= 0);
              FAILS(EPERM, syscall(SYS_settimeofday, NULL, NULL));
          }) == 0);
}

static void cpu_limit_signals_each_second_and_then_kills(void) {
    volatile double *last = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = IN_CHILD({
        signal(SIGXCPU, tick);
        ticks = 0;
        struct rlimit limit = {1, 3};
        CHECK(setrlimit(RLIMIT_CPU, &limit) == 0);
        while (last[0] < 10) {
            burn(0.05);
            struct timespec t;
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
            last[0] = t.tv_sec + t.tv_nsec / 1e9;
            if (ticks && last[1] == 0) last[1] = last[0];
            last[2] = ticks;
        }
    });
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    // When the signals come, Linux looks only now and then.
    CHECK(last[2] >= 1 && last[2] <= 2 && last[1] >= 0.9 && last[0] >= 1.8 && last[0] < 5);
    munmap((void *)last, 4096);
}

static long futex(int *word, int operation, int value, const struct timespec *timeout) {
    return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

static int word;
static void *wake_later(void *argument) {
    (void)argument;
    usleep(20000);
    word = 1;
    futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL);
    return NULL;
}

static void futex_waits_and_wakes(void) {
    struct timespec little = {0, 10000000};
    word = 0;
    FAILS(EAGAIN, futex(&word, FUTEX_WAIT_PRIVATE, 1, NULL));
    FAILS(ETIMEDOUT, futex(&word, FUTEX_WAIT_PRIVATE, 0, &little));
    struct timespec past = {1, 0};
    FAILS(ETIMEDOUT, syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &past, NULL, FUTEX_BITSET_MATCH_ANY));
    FAILS(ETIMEDOUT,
            syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL,
                    FUTEX_BITSET_MATCH_ANY));
    CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL) == 0);
    pthread_t thread;
    pthread_create(&thread, NULL, wake_later, NULL);
    while (word == 0) futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL);
    pthread_join(thread, NULL);
    FAILS(EFAULT, futex((int *)8, FUTEX_WAIT, 0, NULL));
    FAILS(EINVAL, futex((int *)((char *)&word + 1), FUTEX_WAIT, 0, NULL));
    FAILS(ENOSYS, futex(&word, 77, 0, NULL));
}

static void futex_across_processes(void) {
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) == 0) futex(shared, FUTEX_WAIT, 0, NULL);
        _exit(*shared != 9);
    }
    usleep(20000);
    __atomic_store_n(shared, 9, __ATOMIC_SEQ_CST);
    futex(shared, FUTEX_WAKE, 1, NULL);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    munmap(shared, 4096);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int turn;
static void *ping_pong(void *argument) {
    int mine = (int)(long)argument;
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != mine) pthread_cond_wait(&condition, &mutex);
        turn = !mine;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void condition_variables(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, ping_pong, (void *)0), pthread_create(&b, NULL, ping_pong, (void *)1);
    CHECK(pthread_join(a, NULL) == 0 && pthread_join(b, NULL) == 0 && turn == 0);
}

static void *die_with_lock(void *argument) {
    pthread_mutex_lock(argument);
    return NULL;
}

static void robust_mutex_survives_its_owner(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t robust;
    pthread_t thread;
    pthread_mutexattr_init(&attributes), pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_create(&thread, NULL, die_with_lock, &robust), pthread_join(thread, NULL);
    CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&robust) == 0 && pthread_mutex_unlock(&robust) == 0);
}

int main(void) {
    RUN(clocks_go_forward);
    RUN(sleeps_last_long_enough);
    RUN(interval_timers_repeat);
    RUN(posix_timers);
    RUN(cpu_clocks_count_work_and_not_sleep);
    RUN(overruns_are_counted_when_the_signal_is_taken);
    RUN(timers_signal_the_thread_they_name);
    RUN(timers_of_cpu_time);
    RUN(sleeps_by_a_childs_cpu_time);
    RUN(clocks_are_read_and_not_set);
    RUN(cpu_limit_signals_each_second_and_then_kills);
    RUN(futex_waits_and_wakes);
    RUN(futex_across_processes);
    RUN(condition_variables);
    RUN(robust_mutex_survives_its_owner);
    DONE;
}
