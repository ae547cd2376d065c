/* fcntl(2): signals of files, seals; flags of pwritev2(2); capabilities(7) of files. */
#include "check.h"
#include <linux/capability.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static int take(int signal, siginfo_t *info, int milliseconds) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    struct timespec wait = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    return sigtimedwait(&set, info, &wait);
}

static void input_sends_signals(void) {
    sigset_t set;
    siginfo_t info;
    int fds[2];
    sigemptyset(&set);
    sigaddset(&set, SIGIO), sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK(pipe(fds) == 0);
    CHECK(fcntl(fds[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0 && (fcntl(fds[0], F_GETFL) & O_ASYNC));
    CHECK(write(fds[1], "x", 1) == 1);
    FAILS(EAGAIN, take(SIGIO, &info, 0)); /* nobody asked for it */
    CHECK(fcntl(fds[0], F_SETOWN, getpid()) == 0 && fcntl(fds[0], F_GETOWN) == getpid());
    CHECK(write(fds[1], "x", 1) == 1 && take(SIGIO, &info, 1000) == SIGIO);
    CHECK(fcntl(fds[0], F_SETSIG, SIGRTMIN) == 0 && fcntl(fds[0], F_GETSIG) == SIGRTMIN);
    CHECK(write(fds[1], "x", 1) == 1 && take(SIGRTMIN, &info, 1000) == SIGRTMIN);
    CHECK(info.si_fd == fds[0] && info.si_code == POLL_IN && (info.si_band & POLLIN));
    CHECK(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 && !(fcntl(fds[0], F_GETFL) & O_ASYNC));
    CHECK(write(fds[1], "x", 1) == 1);
    FAILS(EAGAIN, take(SIGRTMIN, &info, 0));
    FAILS(EINVAL, fcntl(fds[0], F_SETSIG, 65));
    close(fds[0]), close(fds[1]);

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    int on = 1;
    CHECK(fcntl(fds[0], F_SETOWN, -getpgrp()) == 0 && fcntl(fds[0], F_GETOWN) == -getpgrp());
    struct f_owner_ex owner = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
    CHECK(fcntl(fds[0], F_SETOWN_EX, &owner) == 0 && ioctl(fds[0], FIOASYNC, &on) == 0);
    int status = IN_CHILD(CHECK(write(fds[1], "x", 1) == 1));
    CHECK(status == 0 && take(SIGIO, &info, 1000) == SIGIO);
    close(fds[0]);
    CHECK(send(fds[1], "x", 1, MSG_NOSIGNAL) == -1);
    FAILS(EAGAIN, take(SIGIO, &info, 0));
    close(fds[1]);

    int in = inotify_init(), file = make_file("watched", "x");
    CHECK(inotify_add_watch(in, "watched", IN_MODIFY) == 1);
    CHECK(fcntl(in, F_SETOWN, getpid()) == 0 && fcntl(in, F_SETFL, O_ASYNC) == 0);
    CHECK(pwrite(file, "y", 1, 0) == 1 && take(SIGIO, &info, 1000) == SIGIO);
    CHECK(fcntl(file, F_SETFL, O_ASYNC) == 0 && !(fcntl(file, F_GETFL) & O_ASYNC));
    close(in), close(file);
}

static void directories_send_signals(void) {
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGIO), sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK(mkdir("noticed", 0755) == 0);
    int directory = open("noticed", O_RDONLY | O_DIRECTORY);
    int file = open("other", O_RDWR | O_CREAT, 0644);
    FAILS(ENOTDIR, fcntl(file, F_NOTIFY, DN_CREATE));
    CHECK(fcntl(directory, F_NOTIFY, DN_CREATE) == 0);
    CHECK(close(open("noticed/one", O_WRONLY | O_CREAT, 0644)) == 0 && take(SIGIO, &info, 1000) == SIGIO);
    CHECK(close(open("noticed/two", O_WRONLY | O_CREAT, 0644)) == 0);
    FAILS(EAGAIN, take(SIGIO, &info, 0)); /* once only */

    CHECK(fcntl(directory, F_SETSIG, SIGRTMIN) == 0);
    CHECK(fcntl(directory, F_NOTIFY, DN_DELETE | DN_RENAME | DN_MULTISHOT) == 0);
    CHECK(unlink("noticed/two") == 0 && take(SIGRTMIN, &info, 1000) == SIGRTMIN && info.si_fd == directory);
    CHECK(rename("noticed/one", "noticed/three") == 0 && take(SIGRTMIN, &info, 1000) == SIGRTMIN);
    while (take(SIGRTMIN, &info, 0) == SIGRTMIN) {
    }
    CHECK(chmod("noticed/three", 0600) == 0); /* not asked for */
    FAILS(EAGAIN, take(SIGRTMIN, &info, 0));
    CHECK(fcntl(directory, F_NOTIFY, 0) == 0 && unlink("noticed/three") == 0);
    FAILS(EAGAIN, take(SIGRTMIN, &info, 0));
    close(directory), close(file);
}

static void seals_keep_what_they_promise(void) {
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0 && write(fd, "x", 1) == 1);
    char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    FAILS(EBUSY, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0);
    shared[1] = 'y', private[0] = 'p'; /* mappings that there are may be written */
    FAILS(EPERM, write(fd, "z", 1));
    FAILS(EPERM, (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    char *reader = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(reader != MAP_FAILED && reader[1] == 'y' && reader[0] == 'x');
    FAILS(EACCES, mprotect(reader, 4096, PROT_READ | PROT_WRITE));
    munmap(shared, 4096), munmap(reader, 4096);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0); /* the private one does not matter */
    FAILS(EPERM, ftruncate(fd, 0));
    FAILS(EPERM, ftruncate(fd, 8192));
    FAILS(EPERM, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    CHECK(private[0] == 'p' && private[1] == 'y');
    munmap(private, 4096);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) == 0);
    FAILS(EPERM, fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    close(fd);
    fd = memfd_create("plain", MFD_CLOEXEC);
    CHECK(fcntl(fd, F_GET_SEALS) == F_SEAL_SEAL);
    FAILS(EPERM, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    close(fd);
    fd = memfd_create("exec", MFD_ALLOW_SEALING);
    CHECK(fchmod(fd, 0600) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC) == 0);
    FAILS(EPERM, fchmod(fd, 0700));
    CHECK(fchmod(fd, 0640) == 0 && fcntl(fd, F_GET_SEALS) == F_SEAL_EXEC);
    close(fd);
}

static void flags_of_one_write_append(void) {
    int fd = make_file("append", "12345");
    struct iovec part = {"ab", 2};
    CHECK(pwritev2(fd, &part, 1, 0, RWF_APPEND) == 2 && lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(pwritev2(fd, &part, 1, -1, RWF_APPEND | RWF_DSYNC) == 2 && lseek(fd, 0, SEEK_CUR) == 9);
    CHECK(pwritev2(fd, &part, 1, 1, RWF_SYNC) == 2);
    char got[16] = "";
    CHECK(pread(fd, got, 16, 0) == 9 && strcmp(got, "1ab45abab") == 0);
    FAILS(EOPNOTSUPP, pwritev2(fd, &part, 1, 0, 0x40000000));
    int fds[2];
    CHECK(pipe(fds) == 0);
    struct iovec into = {got, 4};
    FAILS(EAGAIN, preadv2(fds[0], &into, 1, -1, RWF_NOWAIT));
    CHECK(pwritev2(fds[1], &part, 1, -1, RWF_NOWAIT) == 2 && preadv2(fds[0], &into, 1, -1, RWF_NOWAIT) == 2);
    close(fds[0]), close(fds[1]), close(fd);
}

static unsigned effective(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    syscall(SYS_capget, &head, data);
    return data[0].effective;
}

static void copy_of_this(const char *name) {
    char buffer[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;) CHECK(write(to, buffer, n) == n);
    close(from), close(to);
}

static int status_of(const char *program, int stay) {
    return IN_CHILD({
        if (stay) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        CHECK(setresgid(4242, 4242, 4242) == 0 && setresuid(4242, 4242, 4242) == 0 && effective() == 0);
        execl(program, program, "capabilities", NULL);
        _exit(errno == EPERM ? 77 : 99);
    });
}

static void files_have_capabilities(void) {
    if (geteuid() != 0) return;
    struct {
        uint32_t magic, permitted, inheritable, high[2];
    } caps = {0x02000001, 1u << CAP_CHOWN, 0, {0, 0}};
    copy_of_this("caps");
    CHECK(chmod(".", 0711) == 0);
    CHECK(setxattr("caps", "security.capability", &caps, sizeof caps, 0) == 0);
    CHECK(status_of("./caps", 0) == 1 << 8);  /* main answers 1 for exactly CAP_CHOWN */
    CHECK(status_of("./caps", 1) == 0);       /* PR_SET_NO_NEW_PRIVS keeps it away */
    caps.magic = 0x02000000;
    CHECK(setxattr("caps", "security.capability", &caps, sizeof caps, 0) == 0);
    CHECK(status_of("./caps", 0) == 0);       /* permitted, not effective */
    int fd = open("caps", O_WRONLY | O_APPEND);
    CHECK(write(fd, "", 1) == 1);             /* whoever changes the file takes them away */
    close(fd);
    char got[32];
    FAILS(ENODATA, getxattr("caps", "security.capability", got, sizeof got));
    CHECK(setxattr("caps", "security.capability", &caps, sizeof caps, 0) == 0 && chown("caps", 0, 0) == 0);
    FAILS(ENODATA, getxattr("caps", "security.capability", got, sizeof got));
    unlink("caps");
}

static void children_inherit_the_oom_score(void) {
    FILE *f = fopen("/proc/self/oom_score_adj", "r+");
    CHECK(f && fprintf(f, "500") > 0 && fflush(f) == 0);
    if (f) fclose(f);
    int status = IN_CHILD({
        int value = 0;
        FILE *g = fopen("/proc/self/oom_score_adj", "r");
        CHECK(g && fscanf(g, "%d", &value) == 1 && value == 500);
    });
    CHECK(status == 0);
    char line[64];
    unsigned long read_before = 0, read_after = 0;
    for (int i = 0; i < 2; i++) {
        f = fopen("/proc/self/io", "r");
        CHECK(f && fgets(line, sizeof line, f) && sscanf(line, "rchar: %lu", i ? &read_after : &read_before) == 1);
        if (f) fclose(f);
        int fd = open("/dev/zero", O_RDONLY);
        char zeros[5000];
        CHECK(read(fd, zeros, 5000) == 5000);
        close(fd);
    }
    CHECK(read_after - read_before >= 5000);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "capabilities") == 0) return effective() == 1u << CAP_CHOWN;
    RUN(input_sends_signals);
    RUN(directories_send_signals);
    RUN(seals_keep_what_they_promise);
    RUN(flags_of_one_write_append);
    RUN(files_have_capabilities);
    RUN(children_inherit_the_oom_score);
    DONE;
}
