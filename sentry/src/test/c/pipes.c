/* pipe(2), poll(2), select(2), epoll(7), eventfd(2), timerfd_create(2), signalfd(2). */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void ends_and_end_of_file(void) {
    int p[2];
    char got[8];
    CHECK(pipe2(p, O_CLOEXEC) == 0 && fcntl(p[0], F_GETFD) == FD_CLOEXEC);
    CHECK(write(p[1], "abc", 3) == 3 && read(p[0], got, 2) == 2 && read(p[0], got, 8) == 1);
    FAILS(EBADF, write(p[0], "x", 1));
    FAILS(EBADF, read(p[1], got, 1));
    close(p[1]);
    CHECK(read(p[0], got, 1) == 0);
    close(p[0]);
    FAILS(EINVAL, pipe2(p, 0x1));
    FAILS(EFAULT, pipe((int *)8));
}

static void non_blocking_fills_and_empties(void) {
    int p[2];
    static char block[4096];
    CHECK(pipe2(p, O_NONBLOCK) == 0);
    FAILS(EAGAIN, read(p[0], block, 1));
    long total = 0;
    for (ssize_t n; (n = write(p[1], block, sizeof block)) > 0;) total += n;
    CHECK(errno == EAGAIN && total == 65536);
    int unread;
    CHECK(ioctl(p[0], FIONREAD, &unread) == 0 && unread == 65536);
    CHECK(fcntl(p[0], F_GETPIPE_SZ) == 65536);
    CHECK(read(p[0], block, 4096) == 4096 && write(p[1], block, 4096) == 4096);
    close(p[0]), close(p[1]);
}

static void blocked_writer_goes_on_when_read(void) {
    int p[2], status;
    CHECK(pipe(p) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(p[0]);
        static char data[300000];
        memset(data, 'd', sizeof data);
        _exit(write(p[1], data, sizeof data) != sizeof data);
    }
    close(p[1]);
    char got[10000];
    long total = 0;
    for (ssize_t n; (n = read(p[0], got, sizeof got)) > 0;) total += n;
    CHECK(total == 300000 && waitpid(child, &status, 0) == child && status == 0);
    close(p[0]);
}

static void poll_reports(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    struct pollfd fds[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {-1, POLLIN, 0}};
    CHECK(poll(fds, 3, 0) == 1 && fds[0].revents == 0 && fds[1].revents == POLLOUT && fds[2].revents == 0);
    CHECK(write(p[1], "x", 1) == 1 && poll(fds, 1, -1) == 1 && fds[0].revents == POLLIN);
    close(p[1]);
    CHECK(poll(fds, 1, 0) == 1 && fds[0].revents == (POLLIN | POLLHUP));
    char c;
    CHECK(read(p[0], &c, 1) == 1 && poll(fds, 1, 0) == 1 && fds[0].revents == POLLHUP);
    fds[0].fd = 999;
    CHECK(poll(fds, 1, 0) == 1 && fds[0].revents == POLLNVAL);
    double start = now_seconds();
    CHECK(poll(NULL, 0, 30) == 0 && now_seconds() - start >= 0.029);
    FAILS(EFAULT, poll((void *)8, 1, 0));
    close(p[0]);
}

static void select_reports(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(p[0], &in);
    FD_SET(p[1], &out);
    struct timeval zero = {0, 0};
    CHECK(select(p[1] + 1, &in, &out, NULL, &zero) == 1 && !FD_ISSET(p[0], &in) && FD_ISSET(p[1], &out));
    FD_ZERO(&in);
    FD_SET(p[0], &in);
    struct timeval short_time = {0, 20000};
    CHECK(select(p[0] + 1, &in, NULL, NULL, &short_time) == 0);
    FAILS(EINVAL, select(-1, NULL, NULL, NULL, &zero));
    FD_ZERO(&in);
    FD_SET(45, &in);
    FAILS(EBADF, select(46, &in, NULL, NULL, &zero));
    close(p[0]), close(p[1]);
}

static void *write_later(void *fd) {
    usleep(20000);
    return (void *)(long)write(*(int *)fd, "12345678", 8);
}

static void epoll_level_edge_and_oneshot(void) {
    int p[2], ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {EPOLLIN, {.u64 = 42}}, got[4];
    char c[16];
    CHECK(pipe(p) == 0 && epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event) == 0);
    FAILS(EEXIST, epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event));
    CHECK(epoll_wait(ep, got, 4, 0) == 0);
    CHECK(write(p[1], "ab", 2) == 2);
    CHECK(epoll_wait(ep, got, 4, -1) == 1 && got[0].data.u64 == 42 && got[0].events == EPOLLIN);
    CHECK(epoll_wait(ep, got, 4, 0) == 1);
    event.events = EPOLLIN | EPOLLET;
    CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &event) == 0);
    CHECK(epoll_wait(ep, got, 4, 0) == 1 && epoll_wait(ep, got, 4, 0) == 0);
    CHECK(write(p[1], "c", 1) == 1 && epoll_wait(ep, got, 4, 0) == 1);
    event.events = EPOLLIN | EPOLLONESHOT;
    CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &event) == 0);
    CHECK(epoll_wait(ep, got, 4, 0) == 1 && epoll_wait(ep, got, 4, 0) == 0);
    CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &event) == 0 && epoll_wait(ep, got, 4, 0) == 1);
    CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL) == 0);
    FAILS(ENOENT, epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
    FAILS(EINVAL, epoll_wait(ep, got, 0, 0));
    FAILS(EINVAL, epoll_ctl(ep, EPOLL_CTL_ADD, ep, &event));
    int file = make_file("regular", "x");
    FAILS(EPERM, epoll_ctl(ep, EPOLL_CTL_ADD, file, &event));
    CHECK(read(p[0], c, 16) == 3);
    event.events = EPOLLIN;
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event) == 0);
    pthread_t thread;
    pthread_create(&thread, NULL, write_later, &p[1]);
    CHECK(epoll_wait(ep, got, 4, 5000) == 1);
    pthread_join(thread, NULL);
    close(p[0]);
    CHECK(epoll_wait(ep, got, 4, 0) == 0);
    close(p[1]), close(ep), close(file);
}

static void epoll_nested(void) {
    int p[2], inner = epoll_create1(0), outer = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.fd = 1}}, got[2];
    CHECK(pipe(p) == 0);
    CHECK(epoll_ctl(inner, EPOLL_CTL_ADD, p[0], &event) == 0 && epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) == 0);
    FAILS(ELOOP, epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event));
    CHECK(epoll_wait(outer, got, 2, 0) == 0 && write(p[1], "x", 1) == 1 && epoll_wait(outer, got, 2, 0) == 1);
    close(p[0]), close(p[1]), close(inner), close(outer);
}

static void eventfd_counts(void) {
    uint64_t value = 5, got = 0;
    int fd = eventfd(3, EFD_NONBLOCK);
    CHECK(write(fd, &value, 8) == 8 && read(fd, &got, 8) == 8 && got == 8);
    FAILS(EAGAIN, read(fd, &got, 8));
    FAILS(EINVAL, read(fd, &got, 4));
    value = UINT64_MAX;
    FAILS(EINVAL, write(fd, &value, 8));
    value = UINT64_MAX - 1;
    CHECK(write(fd, &value, 8) == 8);
    value = 1;
    FAILS(EAGAIN, write(fd, &value, 8));
    close(fd);
    fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    CHECK(read(fd, &got, 8) == 8 && got == 1 && read(fd, &got, 8) == 8);
    FAILS(EAGAIN, read(fd, &got, 8));
    close(fd);
}

static void timerfd_expires(void) {
    uint64_t expirations = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec spec = {{0, 10000000}, {0, 10000000}}, left;
    CHECK(timerfd_settime(fd, 0, &spec, NULL) == 0 && timerfd_gettime(fd, &left) == 0 && left.it_interval.tv_nsec == 10000000);
    struct pollfd poll_it = {fd, POLLIN, 0};
    CHECK(poll(&poll_it, 1, 1000) == 1 && read(fd, &expirations, 8) == 8 && expirations >= 1);
    memset(&spec, 0, sizeof spec);
    CHECK(timerfd_settime(fd, 0, &spec, NULL) == 0);
    read(fd, &expirations, 8);
    FAILS(EAGAIN, read(fd, &expirations, 8));
    close(fd);
}

static void signalfd_reads_signals(void) {
    sigset_t set, old;
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo info;
    FAILS(EAGAIN, read(fd, &info, sizeof info));
    raise(SIGUSR1);
    CHECK(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1 && (int)info.ssi_pid == getpid());
    close(fd);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

int main(void) {
    RUN(ends_and_end_of_file);
    RUN(non_blocking_fills_and_empties);
    RUN(blocked_writer_goes_on_when_read);
    RUN(poll_reports);
    RUN(select_reports);
    RUN(epoll_level_edge_and_oneshot);
    RUN(epoll_nested);
    RUN(eventfd_counts);
    RUN(timerfd_expires);
    RUN(signalfd_reads_signals);
    DONE;
}
