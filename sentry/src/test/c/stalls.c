/*
 * Four threads that never leave each other alone: two pass a ball by futex, two a byte through pipes.
 * usage: stalls START SECONDS; begins at START (seconds since 1970, 0: at once), so that many of them begin together.
 * Prints the rounds that were made, and the longest time in which a thread made none, in milliseconds.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int ball;
static int pipes[2][2];
static long start, end;
static struct {
    long rounds, longest;
} results[4];

static long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* Notes a round; whether it was the last. Everybody stops by the same clock, or the partner would wait for ever. */
static int round_made(int who, long *last) {
    long time = now(CLOCK_MONOTONIC);
    if (time - *last > results[who].longest) results[who].longest = time - *last;
    *last = time;
    results[who].rounds++;
    return time > end;
}

static void *plays_ball(void *argument) {
    int who = (long) argument, over = 0;
    long last = start;
    while (!over) {
        int seen;
        while ((seen = __atomic_load_n(&ball, __ATOMIC_ACQUIRE)) != who) {
            if (seen == 2) return NULL;
            syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
        }
        over = round_made(who, &last);
        __atomic_store_n(&ball, over ? 2 : 1 - who, __ATOMIC_RELEASE);
        syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}

static void *plays_pipe(void *argument) {
    int who = (long) argument;
    long last = start;
    char byte = 1;
    if (who == 2 && write(pipes[0][1], &byte, 1) != 1) exit(1);
    while (read(pipes[who == 2][0], &byte, 1) == 1 && byte) {
        byte = !round_made(who, &last);
        if (write(pipes[who == 3][1], &byte, 1) != 1) exit(1);
        if (!byte) break; // the partner makes no further round
    }
    return NULL;
}

int main(int argc, char **argv) {
    long begin = argc > 1 ? atol(argv[1]) * 1000000000L : 0;
    long wait = begin - now(CLOCK_REALTIME);
    if (wait > 0) {
        struct timespec pause = {wait / 1000000000L, wait % 1000000000L};
        while (nanosleep(&pause, &pause)) {
        }
    }
    if (pipe(pipes[0]) || pipe(pipes[1])) return 1;
    start = now(CLOCK_MONOTONIC);
    end = start + (argc > 2 ? atol(argv[2]) : 1) * 1000000000L;
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) {
        if (pthread_create(&threads[i], NULL, i < 2 ? plays_ball : plays_pipe, (void *) i)) return 1;
    }
    long rounds = 0, longest = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        rounds += results[i].rounds;
        if (results[i].longest > longest) longest = results[i].longest;
    }
    printf("%ld rounds, longest stall %ld ms\n", rounds, longest / 1000000);
    return 0;
}
