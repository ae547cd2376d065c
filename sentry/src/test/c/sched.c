/* sched(7): sched_setscheduler(2), sched_setattr(2), sched_setaffinity(2), setpriority(2), ioprio_set(2). */
#include "check.h"
#include <sched.h>
#include <sys/resource.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t low, high;
};

static void policies_are_kept(void) {
    struct sched_param none = {0}, high = {50};
    CHECK(sched_getscheduler(0) == SCHED_OTHER && sched_getparam(0, &high) == 0 && high.sched_priority == 0);
    CHECK(sched_setscheduler(0, SCHED_BATCH, &none) == 0 && sched_getscheduler(0) == SCHED_BATCH);
    int status = IN_CHILD(CHECK(sched_getscheduler(0) == SCHED_BATCH && sched_getscheduler(getppid()) == SCHED_BATCH));
    CHECK(status == 0);
    CHECK(IN_CHILD({
        CHECK(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none) == 0);
        CHECK(sched_getscheduler(0) == (SCHED_OTHER | SCHED_RESET_ON_FORK));
        if (fork() == 0) _exit(sched_getscheduler(0));
        CHECK(wait(&status) > 0 && status == 0);
    }) == 0);
    CHECK(IN_CHILD({
        CHECK(sched_setscheduler(0, SCHED_IDLE, &none) == 0 && sched_getscheduler(0) == SCHED_IDLE);
    }) == 0);
    high.sched_priority = 1;
    FAILS(EINVAL, sched_setscheduler(0, SCHED_OTHER, &high));
    FAILS(EINVAL, sched_setscheduler(0, SCHED_FIFO, &none));
    high.sched_priority = 100;
    FAILS(EINVAL, sched_setscheduler(0, SCHED_RR, &high));
    FAILS(EINVAL, sched_setscheduler(0, 4, &none));
    FAILS(EINVAL, sched_setscheduler(0, -1, &none));
    FAILS(EINVAL, sched_setscheduler(-1, SCHED_OTHER, &none));
    FAILS(EINVAL, sched_setscheduler(0, SCHED_OTHER, NULL));
    FAILS(EFAULT, sched_setscheduler(0, SCHED_OTHER, (void *)8));
    FAILS(ESRCH, sched_setscheduler(4000000, SCHED_OTHER, &none));
    FAILS(ESRCH, sched_getscheduler(4000000));
    FAILS(EINVAL, sched_getscheduler(-1));
    FAILS(EINVAL, sched_getparam(0, NULL));
    FAILS(EINVAL, sched_getparam(-1, &none));
    FAILS(EFAULT, sched_getparam(0, (void *)8));
    CHECK(sched_get_priority_max(SCHED_FIFO) == 99 && sched_get_priority_min(SCHED_RR) == 1);
    CHECK(sched_get_priority_max(SCHED_IDLE) == 0 && sched_get_priority_max(6) == 0);
    FAILS(EINVAL, sched_get_priority_max(4));
    FAILS(EINVAL, sched_get_priority_min(-1));
    struct timespec t = {9, 9};
    CHECK(sched_rr_get_interval(0, &t) == 0 && t.tv_sec == 0);
    FAILS(EINVAL, sched_rr_get_interval(-1, &t));
    FAILS(ESRCH, sched_rr_get_interval(4000000, &t));
    FAILS(EFAULT, sched_rr_get_interval(0, (void *)8));
}

static void attributes_are_kept(void) {
    struct attributes a = {.size = sizeof a, .policy = SCHED_BATCH, .nice = 3};
    unsigned char larger[64] = {0}, big[4096];
    CHECK(syscall(SYS_sched_setattr, 0, &a, 0) == 0);
    memset(&a, 0x55, sizeof a);
    CHECK(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) == 0);
    CHECK(a.size == sizeof a && a.policy == SCHED_BATCH && a.nice == 3 && a.priority == 0);
    CHECK(getpriority(PRIO_PROCESS, 0) == 3 && sched_getscheduler(0) == SCHED_BATCH);
    memset(&a, 0x55, sizeof a);
    CHECK(syscall(SYS_sched_getattr, 0, &a, 48, 0) == 0 && a.size == 48 && a.low == 0x55555555);
    memset(big, 0x55, sizeof big);
    CHECK(syscall(SYS_sched_getattr, 0, big, sizeof big, 0) == 0 && *(uint32_t *)big == sizeof a);
    FAILS(EINVAL, syscall(SYS_sched_getattr, 0, &a, 47, 0));
    FAILS(EINVAL, syscall(SYS_sched_getattr, 0, &a, 4097, 0));
    FAILS(EINVAL, syscall(SYS_sched_getattr, 0, &a, sizeof a, 1));
    FAILS(EINVAL, syscall(SYS_sched_getattr, 0, NULL, sizeof a, 0));
    FAILS(EINVAL, syscall(SYS_sched_getattr, -1, &a, sizeof a, 0));
    FAILS(ESRCH, syscall(SYS_sched_getattr, 4000000, &a, sizeof a, 0));
    FAILS(EFAULT, syscall(SYS_sched_getattr, 0, 8, sizeof a, 0));
    memset(&a, 0, sizeof a);
    a.nice = 4; /* size 0 is that of the first version */
    CHECK(syscall(SYS_sched_setattr, 0, &a, 0) == 0 && getpriority(PRIO_PROCESS, 0) == 4);
    a.size = 47;
    FAILS(E2BIG, syscall(SYS_sched_setattr, 0, &a, 0));
    CHECK(a.size == sizeof a);
    larger[60] = 1, larger[0] = 64;
    FAILS(E2BIG, syscall(SYS_sched_setattr, 0, larger, 0));
    CHECK(larger[0] == sizeof a);
    larger[60] = 0, larger[0] = 64, larger[16] = 5;
    CHECK(syscall(SYS_sched_setattr, 0, larger, 0) == 0 && getpriority(PRIO_PROCESS, 0) == 5);
    a.size = sizeof a, a.policy = 99;
    FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &a, 0));
    a.policy = SCHED_OTHER, a.flags = 1 << 12;
    FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &a, 0));
    a.flags = 0;
    FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &a, 1));
    FAILS(EINVAL, syscall(SYS_sched_setattr, 0, NULL, 0));
    FAILS(EFAULT, syscall(SYS_sched_setattr, 0, 8, 0));
    FAILS(ESRCH, syscall(SYS_sched_setattr, 4000000, &a, 0));
    a.policy = 6, a.runtime = 10, a.deadline = 5; /* SCHED_DEADLINE with less time than it runs */
    FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &a, 0));
}

static void nice_values_are_of_one_task(void) {
    CHECK(setpriority(PRIO_PROCESS, 0, 7) == 0 && getpriority(PRIO_PROCESS, 0) == 7);
    CHECK(syscall(SYS_getpriority, PRIO_PROCESS, 0) == 13);
    CHECK(IN_CHILD({
        CHECK(getpriority(PRIO_PROCESS, 0) == 7 && nice(3) == 10 && getpriority(PRIO_PROCESS, 0) == 10);
        CHECK(setpriority(PRIO_PROCESS, 0, 100) == 0 && getpriority(PRIO_PROCESS, 0) == 19);
        CHECK(getpriority(PRIO_PROCESS, getppid()) == 7);
    }) == 0);
    CHECK(getpriority(PRIO_PROCESS, 0) == 7 && getpriority(PRIO_PGRP, 0) <= 7);
    CHECK(IN_CHILD({
        CHECK(setpgid(0, 0) == 0 && setpriority(PRIO_PGRP, 0, 12) == 0 && getpriority(PRIO_PROCESS, 0) == 12);
        CHECK(getpriority(PRIO_PGRP, getpid()) == 12);
    }) == 0);
    FAILS(EINVAL, getpriority(3, 0));
    FAILS(EINVAL, setpriority(-1, 0, 0));
    FAILS(ESRCH, getpriority(PRIO_PROCESS, 4000000));
    FAILS(ESRCH, setpriority(PRIO_PROCESS, 4000000, 5));
    FAILS(ESRCH, getpriority(PRIO_PGRP, 4000000));
    CHECK(IN_CHILD({
        if (geteuid() == 0) CHECK(setresuid(1000, 1000, 1000) == 0);
        struct rlimit limit = {0, 0};
        CHECK(setrlimit(RLIMIT_NICE, &limit) == 0);
        FAILS(EACCES, setpriority(PRIO_PROCESS, 0, 0));
        FAILS(EPERM, setpriority(PRIO_PROCESS, 1, 19));
        struct sched_param high = {1};
        FAILS(EPERM, sched_setscheduler(0, SCHED_FIFO, &high));
    }) == 0);
}

static void affinity_is_kept_and_inherited(void) {
    cpu_set_t all, one, got;
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0 && CPU_COUNT(&all) > 0);
    int first = 0;
    while (!CPU_ISSET(first, &all)) first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0 && sched_getaffinity(0, sizeof got, &got) == 0);
    CHECK(CPU_EQUAL(&one, &got) && sched_getcpu() == first);
    CHECK(IN_CHILD(CHECK(sched_getaffinity(0, sizeof got, &got) == 0 && CPU_EQUAL(&one, &got))) == 0);
    CHECK(sched_setaffinity(0, sizeof all, &all) == 0 && sched_getaffinity(0, sizeof got, &got) == 0);
    CHECK(CPU_EQUAL(&all, &got));
    CPU_ZERO(&got);
    FAILS(EINVAL, sched_setaffinity(0, sizeof got, &got));
    CPU_SET(1023, &got);
    FAILS(EINVAL, sched_setaffinity(0, sizeof got, &got));
    FAILS(EFAULT, sched_setaffinity(0, sizeof got, (void *)8));
    FAILS(ESRCH, sched_setaffinity(4000000, sizeof all, &all));
    FAILS(ESRCH, sched_getaffinity(4000000, sizeof all, &all));
    FAILS(EINVAL, syscall(SYS_sched_getaffinity, 0, 7, &got));
    FAILS(EFAULT, syscall(SYS_sched_getaffinity, 0, sizeof got, 8));
    unsigned long words[64] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof words, words);
    CHECK(bytes >= 8 && bytes % 8 == 0 && bytes <= 1024 && words[0] != 0);
    FAILS(EFAULT, syscall(SYS_getcpu, 8, NULL, NULL));
}

static void io_priorities_are_kept(void) {
    CHECK(syscall(SYS_ioprio_get, 1, 0) >= 0);
    CHECK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6) == 0 && syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6));
    CHECK(IN_CHILD(CHECK(syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6))) == 0);
    CHECK(syscall(SYS_ioprio_set, 1, getpid(), 3 << 13) == 0 && syscall(SYS_ioprio_get, 1, 0) == 3 << 13);
    FAILS(EINVAL, syscall(SYS_ioprio_set, 1, 0, 7));
    FAILS(EINVAL, syscall(SYS_ioprio_set, 1, 0, 5 << 13));
    FAILS(EINVAL, syscall(SYS_ioprio_set, 4, 0, 2 << 13));
    FAILS(EINVAL, syscall(SYS_ioprio_get, 0, 0));
    FAILS(ESRCH, syscall(SYS_ioprio_get, 1, 4000000));
    FAILS(ESRCH, syscall(SYS_ioprio_set, 1, 4000000, 2 << 13));
}

int main(void) {
    RUN(policies_are_kept);
    RUN(attributes_are_kept);
    RUN(nice_values_are_of_one_task);
    RUN(affinity_is_kept_and_inherited);
    RUN(io_priorities_are_kept);
    DONE;
}
