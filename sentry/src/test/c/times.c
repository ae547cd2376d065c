/* clock_gettime(2), nanosleep(2), timers, futex(2). */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/time.h>

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
    RUN(futex_waits_and_wakes);
    RUN(futex_across_processes);
    RUN(condition_variables);
    RUN(robust_mutex_survives_its_owner);
    DONE;
}
