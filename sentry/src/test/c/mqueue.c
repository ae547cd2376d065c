/* POSIX message queues: mq_open(3), mq_send(3), mq_notify(3) and theirs. */
#include "check.h"
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>

static const char *own_name(const char *part) {
    static char names[4][64];
    static int next;
    char *name = names[next++ % 4];
    sprintf(name, "/picket-%d-%s", getpid(), part);
    return name;
}

static void queues_have_names_and_sizes(void) {
    const char *name = own_name("a");
    struct mq_attr attr = {0, 5, 100, 0, {0}}, got;
    FAILS(ENOENT, mq_open(name, O_RDWR));
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    CHECK(q >= 0 && fcntl(q, F_GETFD) == FD_CLOEXEC);
    CHECK(mq_getattr(q, &got) == 0 && got.mq_maxmsg == 5 && got.mq_msgsize == 100 && got.mq_curmsgs == 0);
    CHECK(got.mq_flags == 0);
    FAILS(EEXIST, mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
    mqd_t again = mq_open(name, O_RDONLY | O_CREAT | O_NONBLOCK, 0600, NULL);
    CHECK(again >= 0 && mq_getattr(again, &got) == 0 && got.mq_flags == O_NONBLOCK && got.mq_maxmsg == 5);
    got.mq_flags = 0;
    CHECK(mq_setattr(again, &got, &attr) == 0 && attr.mq_flags == O_NONBLOCK);
    CHECK(mq_getattr(again, &got) == 0 && got.mq_flags == 0);
    got.mq_flags = O_APPEND;
    FAILS(EINVAL, mq_setattr(again, &got, NULL));
    FAILS(EBADF, mq_send(again, "x", 1, 0));
    CHECK(mq_close(again) == 0);
    FAILS(EBADF, mq_getattr(again, &got));
    FAILS(EBADF, mq_getattr(0, &got));
    struct stat st;
    CHECK(fstat(q, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600 && st.st_size == 80);
    char text[128] = "";
    CHECK(mq_send(q, "12345", 5, 0) == 0);
    CHECK(pread(q, text, 127, 0) > 0 && strncmp(text, "QSIZE:5 ", 8) == 0);
    CHECK(mq_unlink(name) == 0);
    FAILS(ENOENT, mq_unlink(name));
    FAILS(ENOENT, mq_open(name, O_RDWR));
    CHECK(mq_getattr(q, &got) == 0 && got.mq_curmsgs == 1);
    mq_close(q);
}

static void names_and_sizes_are_checked(void) {
    struct mq_attr attr = {0, 5, 100, 0, {0}};
    FAILS(EINVAL, mq_open("no-slash", O_RDWR | O_CREAT, 0600, &attr));
    FAILS(EACCES, mq_open("/a/b", O_RDWR | O_CREAT, 0600, &attr));
    FAILS(EACCES, syscall(SYS_mq_open, "/a", O_RDWR | O_CREAT, 0600, &attr));
    FAILS(EACCES, mq_open("/.", O_RDWR | O_CREAT, 0600, &attr));
    FAILS(ENOENT, mq_open("/", O_RDWR | O_CREAT, 0600, &attr));
    char name[300] = "/";
    memset(name + 1, 'x', 256);
    FAILS(ENAMETOOLONG, mq_open(name, O_RDWR | O_CREAT, 0600, &attr));
    FAILS(EFAULT, syscall(SYS_mq_open, (char *)8, O_RDWR | O_CREAT, 0600, &attr));
    FAILS(EFAULT, mq_open(own_name("x"), O_RDWR | O_CREAT, 0600, (void *)8));
    struct mq_attr bad[] = {{0, 0, 100, 0, {0}}, {0, -1, 100, 0, {0}}, {0, 5, 0, 0, {0}}, {0, 5, -1, 0, {0}},
                            {0, 1 << 20, 100, 0, {0}}, {0, 1, 1 << 28, 0, {0}}, {0, LONG_MAX, LONG_MAX, 0, {0}}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(EINVAL, mq_open(own_name("x"), O_RDWR | O_CREAT, 0600, &bad[i]));
    FAILS(ENOENT, mq_unlink(own_name("x")));
}

static void messages_come_by_priority(void) {
    const char *name = own_name("p");
    struct mq_attr attr = {0, 4, 16, 0, {0}};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
    mq_unlink(name);
    char text[16];
    unsigned priority;
    FAILS(EAGAIN, mq_receive(q, text, 16, &priority));
    CHECK(mq_send(q, "low", 3, 1) == 0 && mq_send(q, "high", 4, 32767) == 0 && mq_send(q, "low2", 4, 1) == 0);
    CHECK(mq_send(q, "", 0, 0) == 0);
    FAILS(EAGAIN, mq_send(q, "x", 1, 0));
    FAILS(EINVAL, mq_send(q, "x", 1, 32768));
    FAILS(EMSGSIZE, mq_send(q, "12345678901234567", 17, 0));
    FAILS(EMSGSIZE, mq_receive(q, text, 15, &priority));
    CHECK(mq_receive(q, text, 16, &priority) == 4 && priority == 32767 && memcmp(text, "high", 4) == 0);
    CHECK(mq_receive(q, text, 16, &priority) == 3 && priority == 1 && memcmp(text, "low", 3) == 0);
    CHECK(mq_receive(q, text, 16, NULL) == 4 && memcmp(text, "low2", 4) == 0);
    CHECK(mq_receive(q, text, 16, &priority) == 0 && priority == 0);
    FAILS(EFAULT, mq_send(q, (void *)8, 4, 0));
    mq_close(q);
}

static void waiting_has_an_end(void) {
    const char *name = own_name("w");
    struct mq_attr attr = {0, 1, 16, 0, {0}};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
    mq_unlink(name);
    char text[16];
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    double start = now_seconds();
    FAILS(ETIMEDOUT, mq_timedreceive(q, text, 16, NULL, &until));
    CHECK(now_seconds() - start >= 0.015);
    CHECK(mq_send(q, "x", 1, 0) == 0);
    FAILS(ETIMEDOUT, mq_timedsend(q, "y", 1, 0, &until));
    until.tv_nsec = -1;
    FAILS(EINVAL, mq_timedsend(q, "y", 1, 0, &until));
    pid_t child = fork();
    if (child == 0) _exit(mq_send(q, "child", 5, 0) == 0 ? 0 : 1);
    usleep(10000);
    int status;
    CHECK(mq_receive(q, text, 16, NULL) == 1);
    CHECK(mq_receive(q, text, 16, NULL) == 5 && memcmp(text, "child", 5) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    mq_close(q);
}

static void queues_can_be_polled(void) {
    const char *name = own_name("e");
    struct mq_attr attr = {0, 1, 16, 0, {0}};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
    mq_unlink(name);
    struct pollfd p = {q, POLLIN | POLLOUT, 0};
    CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLOUT);
    int epoll = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.fd = q}};
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, q, &event) == 0 && epoll_wait(epoll, &event, 1, 0) == 0);
    CHECK(mq_send(q, "x", 1, 0) == 0 && epoll_wait(epoll, &event, 1, 1000) == 1);
    CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
    close(epoll);
    mq_close(q);
}

static void a_message_to_an_empty_queue_is_announced(void) {
    const char *name = own_name("n");
    struct mq_attr attr = {0, 4, 16, 0, {0}};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
    mq_unlink(name);
    char text[16];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value = {.sival_int = 42}};
    CHECK(mq_notify(q, &event) == 0);
    FAILS(EBUSY, mq_notify(q, &event));
    int status = IN_CHILD(FAILS(EBUSY, mq_notify(q, &event)); CHECK(mq_send(q, "x", 1, 0) == 0));
    CHECK(status == 0);
    siginfo_t info;
    struct timespec wait = {2, 0}, none = {0, 0};
    CHECK(sigtimedwait(&set, &info, &wait) == SIGRTMIN);
    CHECK(info.si_code == SI_MESGQ && info.si_value.sival_int == 42 && info.si_pid != getpid() && info.si_pid > 0);
    CHECK(mq_notify(q, &event) == 0); /* once only: it can be asked for again */
    CHECK(mq_send(q, "y", 1, 0) == 0);
    FAILS(EAGAIN, sigtimedwait(&set, &info, &none)); /* the queue was not empty */
    CHECK(mq_receive(q, text, 16, NULL) == 1 && mq_receive(q, text, 16, NULL) == 1);
    CHECK(mq_notify(q, NULL) == 0 && mq_send(q, "y", 1, 0) == 0);
    FAILS(EAGAIN, sigtimedwait(&set, &info, &none));
    CHECK(mq_receive(q, text, 16, NULL) == 1);
    CHECK(mq_notify(q, &event) == 0);
    close(dup(q)); /* closing any descriptor of the queue takes it back */
    CHECK(mq_send(q, "y", 1, 0) == 0);
    FAILS(EAGAIN, sigtimedwait(&set, &info, &none));
    event.sigev_notify = SIGEV_NONE;
    CHECK(mq_notify(q, &event) == 0);
    event.sigev_notify = 77;
    FAILS(EINVAL, mq_notify(q, &event));
    event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
    FAILS(EINVAL, mq_notify(q, &event));
    FAILS(EBADF, mq_notify(0, NULL));
    mq_close(q);
}

static volatile int told;
static void on_message(union sigval value) { told = value.sival_int; }

static void a_thread_is_started_for_a_message(void) {
    const char *name = own_name("t");
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
    mq_unlink(name);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value = {.sival_int = 77}};
    event.sigev_notify_function = on_message;
    CHECK(mq_notify(q, &event) == 0);
    FAILS(EBUSY, mq_notify(q, &event));
    CHECK(mq_send(q, "x", 1, 0) == 0);
    for (int i = 0; i < 5000 && told != 77; i++) usleep(1000);
    CHECK(told == 77);
    CHECK(mq_notify(q, &event) == 0 && mq_notify(q, NULL) == 0);
    mq_close(q);
}

static void queues_count_against_a_limit(void) {
    int status = IN_CHILD({
        struct rlimit limit = {100000, 100000};
        CHECK(setrlimit(RLIMIT_MSGQUEUE, &limit) == 0);
        uid_t user = 100000 + getpid(); /* whose queues are counted from nothing */
        if (geteuid() == 0) CHECK(setresuid(user, user, user) == 0);
        struct mq_attr attr = {0, 10, 8000, 0, {0}};
        mqd_t one = mq_open(own_name("l1"), O_RDWR | O_CREAT, 0600, &attr);
        CHECK(one >= 0);
        FAILS(EMFILE, mq_open(own_name("l2"), O_RDWR | O_CREAT, 0600, &attr));
        CHECK(mq_unlink(own_name("l1")) == 0);
        FAILS(EMFILE, mq_open(own_name("l2"), O_RDWR | O_CREAT, 0600, &attr)); /* still open */
        mq_close(one);
        mqd_t two = mq_open(own_name("l2"), O_RDWR | O_CREAT, 0600, &attr);
        CHECK(two >= 0 && mq_unlink(own_name("l2")) == 0);
    });
    CHECK(status == 0);
}

int main(void) {
    RUN(queues_have_names_and_sizes);
    RUN(names_and_sizes_are_checked);
    RUN(messages_come_by_priority);
    RUN(waiting_has_an_end);
    RUN(queues_can_be_polled);
    RUN(a_message_to_an_empty_queue_is_announced);
    RUN(queues_count_against_a_limit);
    RUN(a_thread_is_started_for_a_message);
    DONE;
}
