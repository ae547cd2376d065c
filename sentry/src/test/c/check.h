/*
 * A guest test program is a list of cases; each prints its name and "ok", so that what Linux prints and what a sandbox
 * prints can be compared line by line. A failed check says where, and the program's exit status is then 1.
 *
 * Programs run in an empty working directory of their own.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures;
static const char *current_case;

#define CHECK(condition)                                                                                   \
    do {                                                                                                   \
        int saved = errno;                                                                                 \
        if (!(condition)) {                                                                                \
            printf("%s: FAILED line %d: %s (errno %d %s)\n", current_case, __LINE__, #condition, saved,   \
                   strerror(saved));                                                                       \
            failures++;                                                                                    \
        }                                                                                                  \
    } while (0)

/* The call fails, and with this errno. */
#define FAILS(error, call)                                                                                 \
    do {                                                                                                   \
        errno = 0;                                                                                         \
        long answer = (long)(call);                                                                        \
        if (answer != -1 || errno != (error)) {                                                            \
            printf("%s: FAILED line %d: %s gave %ld errno %d (%s), wanted %s\n", current_case, __LINE__,   \
                   #call, answer, errno, strerror(errno), #error);                                         \
            failures++;                                                                                    \
        }                                                                                                  \
    } while (0)

#define RUN(name)                                                                                          \
    do {                                                                                                   \
        int before = failures;                                                                             \
        current_case = #name;                                                                              \
        name();                                                                                            \
        if (failures == before) printf("%s: ok\n", #name);                                                 \
        fflush(stdout);                                                                                    \
    } while (0)

#define DONE return failures != 0

/* Runs `body` in a child; answers its wait status. */
#define IN_CHILD(...)                                                                                     \
    ({                                                                                                     \
        int status_ = -1;                                                                                  \
        fflush(stdout);                                                                                    \
        pid_t child_ = fork();                                                                             \
        if (child_ == 0) {                                                                                 \
            failures = 0;                                                                                  \
            __VA_ARGS__;                                                                                   \
            fflush(stdout);                                                                                \
            _exit(failures != 0);                                                                          \
        }                                                                                                  \
        if (waitpid(child_, &status_, 0) != child_) status_ = -1;                                          \
        status_;                                                                                           \
    })

static inline int make_file(const char *name, const char *content) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0 && content) {
        if (write(fd, content, strlen(content)) < 0) return -1;
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

static inline double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

#endif
