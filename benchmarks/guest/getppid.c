/* The round trip of a system call that does next to nothing. usage: getppid [calls]; prints microseconds a call. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long calls = argc > 1 ? atol(argv[1]) : 100000;
    struct timespec start, end;
    for (int warm = 0; warm < 2; warm++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (long i = 0; i < calls; i++) syscall(SYS_getppid);
        clock_gettime(CLOCK_MONOTONIC, &end);
    }
    printf("%.3f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / calls / 1e3);
    return 0;
}
