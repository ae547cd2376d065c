/* futex(2): priority-inheritance locks, requeueing, vectors; membarrier(2), rseq(2). */
#include "check.h"
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>

#define NR_waitv 449
#define NR_wake 454
#define NR_wait 455
#define NR_requeue 456

struct vector {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static long futex(void *word, int operation, uint32_t value, void *timeout, void *word2, uint32_t value3) {
    return syscall(SYS_futex, word, operation, value, timeout, word2, value3);
}

static uint32_t word, other;

static void wait_until(volatile uint32_t *place, uint32_t bits) {
    for (int i = 0; i < 5000 && !(*place & bits); i++) usleep(1000);
}

static pid_t thread_id;

static void *lock_it(void *unused) {
    thread_id = syscall(SYS_gettid);
    CHECK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    CHECK((word & FUTEX_TID_MASK) == (uint32_t)thread_id);
    if (unused) return NULL; /* ends with the lock */
    CHECK(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    return NULL;
}

static void locks_are_handed_over(void) {
    pid_t self = syscall(SYS_gettid);
    pthread_t thread;
    word = 0;
    CHECK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0 && word == (uint32_t)self);
    FAILS(EDEADLK, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    FAILS(EDEADLK, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    pthread_create(&thread, NULL, lock_it, NULL);
    wait_until(&word, FUTEX_WAITERS);
    CHECK(word == ((uint32_t)self | FUTEX_WAITERS));
    FAILS(EINVAL, futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    CHECK(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    pthread_join(thread, NULL);
    CHECK(word == 0);
    FAILS(EPERM, futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    word = 4000000;
    FAILS(ESRCH, futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    FAILS(ESRCH, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    FAILS(EINVAL, futex((char *)&word + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    FAILS(EFAULT, futex((void *)8, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
}

static void *hold_it(void *pipes) {
    char byte;
    CHECK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    CHECK(write(((int *)pipes)[1], "x", 1) == 1);
    CHECK(read(((int *)pipes)[2], &byte, 1) == 1);
    CHECK(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    return NULL;
}

static void locks_time_out(void) {
    int pipes[4];
    char byte;
    pthread_t thread;
    struct timespec until;
    word = 0;
    CHECK(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
    pthread_create(&thread, NULL, hold_it, pipes);
    CHECK(read(pipes[0], &byte, 1) == 1);
    FAILS(EAGAIN, futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    FAILS(ETIMEDOUT, futex(&word, FUTEX_LOCK_PI, 0, &until, NULL, 0));
    clock_gettime(CLOCK_MONOTONIC, &until);
    FAILS(ETIMEDOUT, futex(&word, FUTEX_LOCK_PI2, 0, &until, NULL, 0));
    until.tv_nsec = -1;
    FAILS(EINVAL, futex(&word, FUTEX_LOCK_PI, 0, &until, NULL, 0));
    FAILS(EFAULT, futex(&word, FUTEX_LOCK_PI, 0, (void *)8, NULL, 0));
    CHECK(write(pipes[3], "x", 1) == 1);
    pthread_join(thread, NULL);
    CHECK(word == 0);
    for (int i = 0; i < 4; i++) close(pipes[i]);
}

static void a_dead_owner_leaves_its_lock(void) {
    pthread_t thread;
    word = 0;
    CHECK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    pthread_create(&thread, NULL, lock_it, (void *)1);
    wait_until(&word, FUTEX_WAITERS);
    CHECK(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    CHECK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0 || errno == ESRCH);
    pthread_join(thread, NULL);
}

static void *wait_for_requeue(void *unused) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 10;
    CHECK(futex(&word, FUTEX_WAIT_REQUEUE_PI, 5, &until, &other, 0) == 0);
    CHECK((other & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid));
    CHECK(futex(&other, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    return unused;
}

static void waiters_are_moved_to_a_lock(void) {
    pthread_t threads[3];
    word = 5, other = 0;
    CHECK(futex(&other, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, wait_for_requeue, NULL);
    usleep(100000);
    FAILS(EAGAIN, futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)3, &other, 6));
    FAILS(EINVAL, futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)3, &other, 5));
    FAILS(EINVAL, futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)3, &word, 5));
    CHECK(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)10, &other, 5) == 3);
    CHECK(other & FUTEX_WAITERS);
    CHECK(futex(&other, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    CHECK(other == 0);
    struct timespec past = {1, 0};
    FAILS(ETIMEDOUT, futex(&word, FUTEX_WAIT_REQUEUE_PI, 5, &past, &other, 0));
    FAILS(EAGAIN, futex(&word, FUTEX_WAIT_REQUEUE_PI, 6, &past, &other, 0));
    FAILS(EINVAL, futex(&word, FUTEX_WAIT_REQUEUE_PI, 5, &past, &word, 0));
}

static void *wait_plainly(void *unused) {
    CHECK(futex(&word, FUTEX_WAIT, 7, NULL, NULL, 0) == 0);
    return unused;
}

static void arguments_of_the_old_call(void) {
    struct timespec t = {0, 1};
    pthread_t thread;
    word = 7, other = 0;
    FAILS(ENOSYS, futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
    FAILS(ENOSYS, futex(&word, 77, 1, NULL, NULL, 0));
    FAILS(ENOSYS, futex(&word, FUTEX_FD, 1, NULL, NULL, 0));
    FAILS(EINVAL, futex(&word, FUTEX_WAIT_BITSET, 7, &t, NULL, 0));
    FAILS(EINVAL, futex(&word, FUTEX_WAKE_BITSET, 7, NULL, NULL, 0));
    FAILS(EINVAL, futex(&word, FUTEX_REQUEUE, -1, NULL, &other, 0));
    FAILS(EINVAL, futex(&word, FUTEX_REQUEUE, 1, (void *)-1L, &other, 0));
    pthread_create(&thread, NULL, wait_plainly, NULL);
    usleep(50000);
    FAILS(EINVAL, futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, 7));
    CHECK(futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)1, &other, 7) == 1);
    CHECK(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0 && futex(&other, FUTEX_WAKE, 0, NULL, NULL, 0) == 1);
    pthread_join(thread, NULL);
}

static void *wake_second(void *unused) {
    usleep(50000);
    CHECK(futex(&other, FUTEX_WAKE, 1, NULL, NULL, 0) == 1);
    return unused;
}

static void vectors(void) {
    struct vector v[2] = {{1, (uintptr_t)&word, 2, 0}, {2, (uintptr_t)&other, 2, 0}};
    struct timespec past = {0, 0};
    pthread_t thread;
    word = 1, other = 2;
    if (syscall(NR_waitv, v, 2, 0, &past, CLOCK_MONOTONIC) < 0 && errno == ENOSYS) return;
    FAILS(ETIMEDOUT, syscall(NR_waitv, v, 2, 0, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_waitv, v, 2, 1, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_waitv, v, 0, 0, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_waitv, v, 129, 0, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_waitv, v, 2, 0, &past, CLOCK_BOOTTIME));
    FAILS(EFAULT, syscall(NR_waitv, 8, 2, 0, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_waitv, NULL, 2, 0, &past, CLOCK_MONOTONIC));
    pthread_create(&thread, NULL, wake_second, NULL);
    CHECK(syscall(NR_waitv, v, 2, 0, NULL, 0) == 1);
    pthread_join(thread, NULL);
    other = 3;
    FAILS(EAGAIN, syscall(NR_waitv, v, 2, 0, NULL, 0));
    v[0].flags = 0;
    FAILS(EINVAL, syscall(NR_waitv, v, 2, 0, NULL, 0));
    v[0].flags = 2, v[0].reserved = 1;
    FAILS(EINVAL, syscall(NR_waitv, v, 2, 0, NULL, 0));
    v[0].reserved = 0, v[0].address++;
    FAILS(EINVAL, syscall(NR_waitv, v, 2, 0, NULL, 0));
}

static void *wake_by_mask(void *unused) {
    usleep(50000);
    CHECK(syscall(NR_wake, &word, 2, 1, 2) == 0 && syscall(NR_wake, &word, 4, 1, 2) == 1);
    return unused;
}

static void newer_calls(void) {
    struct timespec past = {0, 0};
    pthread_t thread;
    word = 1;
    if (syscall(NR_wake, &word, 1, 1, 2) < 0 && errno == ENOSYS) return;
    FAILS(ETIMEDOUT, syscall(NR_wait, &word, 1, 1, 2, &past, CLOCK_MONOTONIC));
    FAILS(EAGAIN, syscall(NR_wait, &word, 2, 1, 2, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_wait, &word, 1L << 32, 1, 2, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_wait, &word, 1, 0, 2, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_wait, &word, 1, 1, 0, &past, CLOCK_MONOTONIC));
    FAILS(EINVAL, syscall(NR_wake, &word, 0, 1, 2));
    FAILS(EINVAL, syscall(NR_wake, &word, 1, 1, 64));
    CHECK(syscall(NR_wake, &word, 1, 0, 2) == 0);
    pthread_create(&thread, NULL, wake_by_mask, NULL);
    CHECK(syscall(NR_wait, &word, 1, 4, 2, NULL, 0) == 0);
    pthread_join(thread, NULL);
    struct vector v[2] = {{1, (uintptr_t)&word, 2, 0}, {0, (uintptr_t)&other, 2, 0}};
    CHECK(syscall(NR_requeue, v, 0, 1, 1) == 0);
    FAILS(EINVAL, syscall(NR_requeue, v, 1, 1, 1));
    FAILS(EINVAL, syscall(NR_requeue, v, 0, -1, 1));
    v[0].value = 9;
    FAILS(EAGAIN, syscall(NR_requeue, v, 0, 1, 1));
}

static void robust_locks_with_inheritance(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    CHECK(pthread_mutex_init(mutex, &attributes) == 0);
    CHECK(IN_CHILD(pthread_mutex_lock(mutex)) == 0);
    CHECK(pthread_mutex_lock(mutex) == EOWNERDEAD && pthread_mutex_consistent(mutex) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0 && pthread_mutex_lock(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
    munmap(mutex, 4096);
}

static volatile int go_on = 1, counted;

static void *count(void *unused) {
    while (go_on) counted++;
    return unused;
}

static void barriers(void) {
    long known = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    CHECK(known >= 0 && (known & MEMBARRIER_CMD_GLOBAL) && (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED));
    pthread_t thread;
    CHECK(IN_CHILD({
        FAILS(EPERM, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
        FAILS(EPERM, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
        CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0);
        CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0);
        pthread_create(&thread, NULL, count, NULL);
        for (int i = 0; i < 50; i++) {
            CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
            CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0);
        }
        go_on = 0;
        pthread_join(thread, NULL);
    }) == 0);
    CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0);
    CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0);
    CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0);
    FAILS(EINVAL, syscall(SYS_membarrier, 1 << 20, 0, 0));
    FAILS(EINVAL, syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 1, 0));
    FAILS(EINVAL, syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 1, 0));
}

int main(void) {
    RUN(locks_are_handed_over);
    RUN(locks_time_out);
    RUN(a_dead_owner_leaves_its_lock);
    RUN(waiters_are_moved_to_a_lock);
    RUN(arguments_of_the_old_call);
    RUN(vectors);
    RUN(newer_calls);
    RUN(robust_locks_with_inheritance);
    RUN(barriers);
    DONE;
}
