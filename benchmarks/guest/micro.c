/*
 * What a guest pays for the ordinary things: prints a line "row nanoseconds" for each row, nanoseconds a piece.
 * usage: micro [row...]; all rows without. The program "nothing" is expected beside it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define PAGE 4096
#define WARM_UP_NANOS 20000000L
#define MEASURED_NANOS 60000000L

static char own_directory[4096];
static char block[65536];

static void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static long check(const char *what, long result) {
    if (result < 0) die(what);
    return result;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* Nanoseconds a step: batches that grow, so that looking at the clock does not count. */
static double per_step(void (*step)(void)) {
    long start = now(), steps = 0, batch = 1;
    do {
        step();
    } while (now() - start < WARM_UP_NANOS);
    start = now();
    long passed;
    do {
        for (long i = 0; i < batch; i++) step();
        steps += batch;
        passed = now() - start;
        if (batch < 1024 && passed < MEASURED_NANOS / 8) batch *= 2;
    } while (passed < MEASURED_NANOS);
    return (double) passed / steps;
}

/* ---- calls */

static int file, pipes[2];

static void getppid_step(void) { syscall(SYS_getppid); }
static double row_getppid(void) { return per_step(getppid_step); }

static void read_step(void) {
    char byte;
    if (pread(file, &byte, 1, 0) != 1) die("read");
}
static double row_read(void) {
    file = check("open", open("/tmp/micro", O_RDWR | O_CREAT, 0600));
    check("write", write(file, "x", 1));
    double cost = per_step(read_step);
    close(file);
    return cost;
}

static void pipe_step(void) {
    if (write(pipes[1], block, sizeof block) != sizeof block) die("write");
    if (read(pipes[0], block, sizeof block) != sizeof block) die("read");
}
static double row_pipe(void) {
    check("pipe", pipe(pipes));
    double cost = per_step(pipe_step);
    close(pipes[0]);
    close(pipes[1]);
    return cost;
}

static void open_step(void) { close(check("open", open("/tmp/micro", O_RDONLY))); }
static double row_open(void) {
    close(check("open", open("/tmp/micro", O_RDWR | O_CREAT, 0600)));
    return per_step(open_step);
}

static void stat_step(void) {
    struct stat status;
    check("stat", stat("/tmp/micro", &status));
}
static double row_stat(void) {
    close(check("open", open("/tmp/micro", O_RDWR | O_CREAT, 0600)));
    return per_step(stat_step);
}

static volatile long sink;
static void clock_step(void) { sink = now(); }
static double row_clock(void) { return per_step(clock_step); }

/* ---- memory */

static char *anonymous(size_t length) {
    char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) die("mmap");
    return memory;
}

static void touch(char *memory, size_t length) {
    for (size_t offset = 0; offset < length; offset += PAGE) *(volatile char *) (memory + offset) = 1;
}

static void mmap_step(void) {
    char *memory = anonymous(16 * PAGE);
    touch(memory, 16 * PAGE);
    munmap(memory, 16 * PAGE);
}
static double row_mmap(void) { return per_step(mmap_step); }

static double row_touch(void) {
    char *memory = anonymous(256 * MIB);
    long start = now();
    touch(memory, 256 * MIB);
    long passed = now() - start;
    munmap(memory, 256 * MIB);
    return passed;
}

static double row_touch_shared(void) {
    int shared = check("memfd_create", syscall(SYS_memfd_create, "micro", 0));
    check("ftruncate", ftruncate(shared, 256 * MIB));
    char *memory = mmap(NULL, 256 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    if (memory == MAP_FAILED) die("mmap");
    long start = now();
    touch(memory, 256 * MIB);
    long passed = now() - start;
    munmap(memory, 256 * MIB);
    close(shared);
    return passed;
}

static double row_copy_on_write(void) {
    char *memory = anonymous(64 * MIB);
    touch(memory, 64 * MIB);
    check("pipe", pipe(pipes));
    pid_t child = check("fork", fork());
    if (child == 0) {
        long start = now();
        touch(memory, 64 * MIB);
        long passed = now() - start;
        check("write", write(pipes[1], &passed, sizeof passed));
        _exit(0);
    }
    long passed;
    if (read(pipes[0], &passed, sizeof passed) != sizeof passed) die("read");
    waitpid(child, NULL, 0);
    munmap(memory, 64 * MIB);
    close(pipes[0]);
    close(pipes[1]);
    return passed;
}

/* ---- processes and threads */

static void reap(pid_t child) {
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) die("child");
}

static void fork_step(void) {
    pid_t child = check("fork", fork());
    if (child == 0) _exit(0);
    reap(child);
}
static double row_fork(void) { return per_step(fork_step); }

static char nothing[4200];
static void exec_step(void) {
    pid_t child = check("fork", fork());
    if (child == 0) {
        execl(nothing, nothing, NULL);
        _exit(127);
    }
    reap(child);
}
static double row_exec(void) {
    snprintf(nothing, sizeof nothing, "%s/nothing", own_directory);
    return per_step(exec_step);
}

static void *ends(void *argument) { return argument; }
static void thread_step(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, ends, NULL)) die("pthread_create");
    pthread_join(thread, NULL);
}
static double row_thread(void) { return per_step(thread_step); }

static int ball;
static void await_ball(int wanted) {
    for (int seen; (seen = __atomic_load_n(&ball, __ATOMIC_ACQUIRE)) != wanted;) {
        if (seen == 2 && wanted == 1) return;
        syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
}
static void pass_ball(int value) {
    __atomic_store_n(&ball, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
static void *returns_ball(void *argument) {
    while (1) {
        await_ball(1);
        if (__atomic_load_n(&ball, __ATOMIC_ACQUIRE) == 2) return argument;
        pass_ball(0);
    }
}
static void futex_step(void) {
    pass_ball(1);
    await_ball(0);
}
static double row_futex(void) {
    pthread_t thread;
    ball = 0;
    if (pthread_create(&thread, NULL, returns_ball, NULL)) die("pthread_create");
    double cost = per_step(futex_step);
    pass_ball(2);
    pthread_join(thread, NULL);
    return cost;
}

static int there[2], back[2];
static void ping_step(void) {
    char byte = 1;
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) die("ping");
}
static double row_ping(void) {
    check("pipe", pipe(there));
    check("pipe", pipe(back));
    pid_t child = check("fork", fork());
    if (child == 0) {
        char byte;
        close(there[1]);
        while (read(there[0], &byte, 1) == 1) check("write", write(back[1], &byte, 1));
        _exit(0);
    }
    double cost = per_step(ping_step);
    close(there[1]);
    reap(child);
    close(there[0]);
    close(back[0]);
    close(back[1]);
    return cost;
}

static volatile sig_atomic_t signals;
static void handler(int signal) { signals += signal != 0; }
static void signal_step(void) {
    long before = signals;
    raise(SIGUSR1);
    if (signals != before + 1) die("signal");
}
static double row_signal(void) {
    struct sigaction action = {.sa_handler = handler};
    check("sigaction", sigaction(SIGUSR1, &action, NULL));
    return per_step(signal_step);
}

static const struct {
    const char *name;
    double (*run)(void);
} rows[] = {
    {"getppid", row_getppid},
    {"read of 1 byte", row_read},
    {"64 KiB through a pipe", row_pipe},
    {"open and close", row_open},
    {"stat", row_stat},
    {"clock_gettime", row_clock},
    {"mmap, touch 16 pages, munmap", row_mmap},
    {"first touch of 256 MiB", row_touch},
    {"first touch of 256 MiB, shared memfd", row_touch_shared},
    {"copy on write of 64 MiB after fork", row_copy_on_write},
    {"fork and wait", row_fork},
    {"fork, exec and wait", row_exec},
    {"thread create and join", row_thread},
    {"futex ping-pong of two threads", row_futex},
    {"pipe ping-pong of two processes", row_ping},
    {"signal to oneself", row_signal},
};

int main(int argc, char **argv) {
    long length = readlink("/proc/self/exe", own_directory, sizeof own_directory - 1);
    if (length < 0) length = snprintf(own_directory, sizeof own_directory, "%s", argv[0]);
    char *slash = memrchr(own_directory, '/', length);
    if (slash) *slash = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int wanted = argc == 1;
        for (int j = 1; j < argc; j++) wanted |= !strcmp(argv[j], rows[i].name);
        if (!wanted) continue;
        double cost = rows[i].run();
        printf("%s\t%.1f\n", rows[i].name, cost);
        fflush(stdout);
    }
    unlink("/tmp/micro");
    return 0;
}
