/*
 * What many threads do to each other at once: writing to memory that is being unmapped, fork(2) from 64 threads, execve(2)
 * from a thread that is not the leader, and floods of signals.
 *
 * Usage: storms [ROUNDS [SIGNALS]]
 */
#include "check.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/uio.h>

#define PAGE 4096L
#define AREA (64 * PAGE)

static int rounds = 2;
static int signals = 1000;
static char self[PATH_MAX];

/* ---- Memory that goes away */

static char *volatile area;
static atomic_int stop;
static atomic_long faults;
static _Thread_local sigjmp_buf recovery;

static void on_fault(int signal, siginfo_t *info, void *context) {
    char *address = info->si_addr;
    if (address < area || address >= area + AREA) _exit(99);
    atomic_fetch_add(&faults, 1);
    siglongjmp(recovery, 1);
}

static void *writer(void *number) {
    volatile long index = (long)number * 977;
    while (!stop) {
        if (sigsetjmp(recovery, 1) == 0) {
            for (int i = 0; i < 1000; i++) {
                index = (index + 4099) % AREA;
                area[index] = (char)index;
            }
        }
    }
    return NULL;
}

/* System calls answer EFAULT where plain code gets a signal. */
static void *reader(void *unused) {
    int zero = open("/dev/zero", O_RDONLY);
    while (!stop) {
        ssize_t count = read(zero, area, AREA);
        if (count < 0 && errno != EFAULT) _exit(98);
    }
    close(zero);
    return NULL;
}

static void *unmapper(void *unused) {
    unsigned seed = 1;
    for (int i = 0; i < 100; i++) {
        long start = (rand_r(&seed) % 64) * PAGE;
        long length = AREA - start;
        munmap(area + start, length);
        if (i % 3 == 0) sched_yield();
        if (mmap(area + start, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
                area + start)
            _exit(97);
        if (i % 5 == 0) {
            mprotect(area, AREA / 2, PROT_READ);
            mprotect(area, AREA / 2, PROT_READ | PROT_WRITE);
        }
        if (i % 7 == 0) madvise(area, AREA, MADV_DONTNEED);
    }
    stop = 1;
    return NULL;
}

static void writers_of_memory_that_is_unmapped_get_faults_and_no_more(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    for (int round = 0; round < rounds; round++) {
        stop = 0;
        pthread_t threads[4];
        CHECK(pthread_create(&threads[0], NULL, writer, (void *)1L) == 0);
        CHECK(pthread_create(&threads[1], NULL, writer, (void *)2L) == 0);
        CHECK(pthread_create(&threads[2], NULL, reader, NULL) == 0);
        CHECK(pthread_create(&threads[3], NULL, unmapper, NULL) == 0);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    }
    signal(SIGSEGV, SIG_DFL);
    munmap(area, AREA);
}

/* ---- Forks */

static void *forker(void *number) {
    pid_t child = fork();
    if (child == 0) _exit((int)(long)number);
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child) return (void *)-1L;
    return WIFEXITED(status) && WEXITSTATUS(status) == (int)(long)number ? NULL : (void *)-2L;
}

static void sixty_four_threads_fork_at_once(void) {
    for (int round = 0; round < rounds; round++) {
        pthread_t threads[64];
        for (long i = 0; i < 64; i++) CHECK(pthread_create(&threads[i], NULL, forker, (void *)i) == 0);
        for (int i = 0; i < 64; i++) {
            void *result;
            pthread_join(threads[i], &result);
            CHECK(result == NULL);
        }
        FAILS(ECHILD, waitpid(-1, NULL, WNOHANG));
    }
}

/* ---- Exec */

static void *sleeper(void *unused) {
    for (;;) pause();
    return NULL;
}

static void *spinner(void *unused) {
    for (volatile long i = 0;; i++) {}
    return NULL;
}

static void *executer(void *unused) {
    char pid[20];
    sprintf(pid, "%d", getpid());
    execl(self, self, "executed", pid, NULL);
    _exit(96);
}

/** What is executed: the id is that of the old leader, which this thread was not, and no other thread is left. */
static int executed(const char *pid) {
    struct stat task;
    if (getpid() != atoi(pid) || syscall(SYS_gettid) != getpid()) return 95;
    return stat("/proc/self/task", &task) == 0 && task.st_nlink == 3 ? 7 : 94;
}

static void exec_from_a_thread_ends_the_others_and_keeps_the_id(void) {
    for (int round = 0; round < rounds; round++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            for (int i = 0; i < 4; i++) pthread_create(&thread, NULL, i == 3 ? spinner : sleeper, NULL);
            /* Two at once: only one comes through. */
            pthread_create(&thread, NULL, executer, NULL);
            pthread_create(&thread, NULL, executer, NULL);
            if (round % 2) sleeper(NULL);
            pthread_exit(NULL);
        }
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) printf("status %x\n", status);
    }
}

/* ---- Signals */

static atomic_int received;

static void on_signal(int signal) { atomic_fetch_add(&received, 1); }

static void *flooder(void *unused) {
    union sigval value = {0};
    for (int sent = 0; sent < signals / 2;) {
        if (sigqueue(getpid(), SIGRTMIN + sent % 3, value) == 0) {
            sent++;
        } else {
            if (errno != EAGAIN) _exit(93);
            sched_yield();
        }
    }
    return NULL;
}

static void no_queued_signal_of_a_flood_is_lost(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    for (int i = 0; i < 3; i++) sigaction(SIGRTMIN + i, &action, NULL);
    for (int round = 0; round < rounds; round++) {
        received = 0;
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, flooder, NULL) == 0);
        pid_t child = fork();
        if (child == 0) {
            union sigval value = {0};
            for (int sent = 0; sent < signals / 2;) {
                if (sigqueue(getppid(), SIGRTMIN, value) == 0) {
                    sent++;
                } else {
                    sched_yield();
                }
            }
            _exit(0);
        }
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        pthread_join(thread, NULL);
        for (int i = 0; received < signals / 2 * 2 && i < 10000; i++) usleep(1000);
        CHECK(received == signals / 2 * 2);
    }
}

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "executed") == 0) return executed(arguments[2]);
    /* By its own name: /proc/self/exe is gone while the leader has ended and others live. */
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 2;
    if (count > 1) rounds = atoi(arguments[1]);
    if (count > 2) signals = atoi(arguments[2]);
    RUN(writers_of_memory_that_is_unmapped_get_faults_and_no_more);
    RUN(sixty_four_threads_fork_at_once);
    RUN(exec_from_a_thread_ends_the_others_and_keeps_the_id);
    RUN(no_queued_signal_of_a_flood_is_lost);
    DONE;
}
