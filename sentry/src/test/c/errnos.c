/* What system calls answer when they are called wrongly: one case for each group of man pages. */
#include "check.h"
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <utime.h>

#define BAD ((void *)8)
#define NOBODY 65534

static char *unreadable; /* a page without permissions, and before it one that is readable */
static char long_name[NAME_MAX + 2];
static char long_path[PATH_MAX + 1];

static void set_up(void) {
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    unreadable = pages + 4096;
    memset(long_name, 'n', NAME_MAX + 1);
    for (int i = 0; i < PATH_MAX; i++) long_path[i] = i % 2 ? '/' : '.';
    long_path[PATH_MAX] = 0;
    close(open("file", O_CREAT | O_WRONLY, 0644));
    mkdir("dir", 0755);
    symlink("loop2", "loop1");
    symlink("loop1", "loop2");
    symlink("nowhere", "dangling");
    symlink("file", "link");
    mkfifo("fifo", 0644);
}

/* A path that is too long, loops, goes through a file, is missing or is not readable memory. */
#define PATH_ERRORS(call)                              \
    do {                                               \
        const char *path;                              \
        path = long_name; FAILS(ENAMETOOLONG, call);   \
        path = long_path; FAILS(ENAMETOOLONG, call);   \
        path = "loop1/x"; FAILS(ELOOP, call);          \
        path = "file/x"; FAILS(ENOTDIR, call);         \
        path = "missing/x"; FAILS(ENOENT, call);       \
        path = ""; FAILS(ENOENT, call);                \
        path = BAD; FAILS(EFAULT, call);               \
        path = unreadable; FAILS(EFAULT, call);        \
    } while (0)

static struct stat status;

static void paths(void) {
    char buffer[64];
    struct statfs fs;
    struct timespec times[2] = {{0, 0}, {0, 0}};
    PATH_ERRORS(open(path, O_RDONLY));
    PATH_ERRORS(open(path, O_CREAT | O_RDWR, 0600));
    PATH_ERRORS(stat(path, &status));
    PATH_ERRORS(lstat(path, &status));
    PATH_ERRORS(access(path, F_OK));
    FAILS(EINVAL, syscall(SYS_access, 8, 99));
    PATH_ERRORS(mkdir(path, 0700));
    PATH_ERRORS(rmdir(path));
    PATH_ERRORS(unlink(path));
    PATH_ERRORS(mknod(path, S_IFIFO | 0600, 0));
    PATH_ERRORS(rename(path, "other"));
    PATH_ERRORS(rename("file", path));
    PATH_ERRORS(link(path, "other"));
    PATH_ERRORS(link("file", path));
    PATH_ERRORS(symlink("file", path));
    PATH_ERRORS(readlink(path, buffer, sizeof buffer));
    PATH_ERRORS(chmod(path, 0600));
    PATH_ERRORS(chown(path, -1, -1));
    PATH_ERRORS(lchown(path, -1, -1));
    PATH_ERRORS(truncate(path, 0));
    PATH_ERRORS(chdir(path));
    PATH_ERRORS(chroot(path));
    PATH_ERRORS(statfs(path, &fs));
    PATH_ERRORS(execve(path, (char *[]){"x", NULL}, NULL));
    PATH_ERRORS(syscall(SYS_utimensat, AT_FDCWD, path, times, 0) == 0 ? 0 : -1);
    PATH_ERRORS(getxattr(path, "user.x", NULL, 0));
    PATH_ERRORS(setxattr(path, "user.x", "", 0, 0));
    PATH_ERRORS(listxattr(path, NULL, 0));
}

static void opening(void) {
    char buffer[10];
    FAILS(EEXIST, open("file", O_CREAT | O_EXCL, 0600));
    FAILS(EEXIST, open("dangling", O_CREAT | O_EXCL | O_RDWR, 0600));
    FAILS(EISDIR, open("dir", O_WRONLY));
    FAILS(EISDIR, open("dir", O_RDWR));
    FAILS(EISDIR, open("dir", O_CREAT | O_RDONLY, 0600));
    FAILS(ENOTDIR, open("file", O_DIRECTORY));
    FAILS(ELOOP, open("link", O_NOFOLLOW));
    FAILS(ELOOP, open("loop1", O_RDONLY));
    FAILS(ENXIO, open("fifo", O_WRONLY | O_NONBLOCK));
    FAILS(EINVAL, open("file", O_TMPFILE | O_RDONLY));
    FAILS(ENOTDIR, open("file", O_TMPFILE | O_RDWR, 0600));
    FAILS(EBADF, openat(99, "file", O_RDONLY));
    FAILS(EBADF, openat(-1, "file", O_RDONLY));
    int fd = open("file", O_RDONLY);
    FAILS(ENOTDIR, openat(fd, "x", O_RDONLY));
    FAILS(EBADF, write(fd, "x", 1));
    FAILS(EINVAL, ftruncate(fd, 0));
    FAILS(EBADF, fallocate(fd, 0, 0, 10));
    close(fd);
    FAILS(EBADF, close(fd));
    fd = open("file", O_WRONLY);
    FAILS(EBADF, read(fd, buffer, 1));
    FAILS(EBADF, pread(fd, buffer, 1, 0));
    FAILS(EFAULT, write(fd, BAD, 1));
    FAILS(EINVAL, ftruncate(fd, -1));
    FAILS(EINVAL, fallocate(fd, 0, 0, 0));
    FAILS(EINVAL, fallocate(fd, 0, -1, 1));
    FAILS(EFBIG, fallocate(fd, 0, LLONG_MAX, 1));
    FAILS(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
    close(fd);
    fd = open("file", O_PATH);
    FAILS(EBADF, read(fd, buffer, 1));
    FAILS(EBADF, fchmod(fd, 0600));
    FAILS(EBADF, fchown(fd, -1, -1));
    FAILS(EBADF, ioctl(fd, FIONREAD, buffer));
    FAILS(EBADF, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
    FAILS(EBADF, fgetxattr(fd, "user.x", NULL, 0));
    CHECK(fstat(fd, &status) == 0);
    close(fd);
    struct {
        uint64_t flags, mode, resolve, more;
    } how = {O_RDONLY, 0, 0, 1};
    FAILS(E2BIG, syscall(SYS_openat2, AT_FDCWD, "file", &how, 32));
    FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "file", &how, 8));
    how.mode = 0600;
    FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "file", &how, 24));
    how.mode = 0, how.resolve = 4 /* RESOLVE_NO_SYMLINKS */;
    FAILS(ELOOP, syscall(SYS_openat2, AT_FDCWD, "link", &how, 24));
    how.resolve = 8 /* RESOLVE_BENEATH */;
    FAILS(EXDEV, syscall(SYS_openat2, AT_FDCWD, "/", &how, 24));
    FAILS(EXDEV, syscall(SYS_openat2, AT_FDCWD, "../x", &how, 24));
    how.resolve = 1 << 20;
    FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "file", &how, 24));
}

static void reading_and_writing(void) {
    char buffer[16];
    int fd = open("file", O_RDWR), dir = open("dir", O_RDONLY), ends[2];
    CHECK(pipe(ends) == 0);
    struct iovec bad[2] = {{buffer, 1}, {BAD, 1}}, negative[1] = {{buffer, -1}};
    CHECK(write(fd, "data", 4) == 4);
    FAILS(EBADF, read(-1, buffer, 1));
    FAILS(EBADF, write(99, buffer, 1));
    FAILS(EISDIR, read(dir, buffer, 1));
    FAILS(EBADF, write(dir, buffer, 1));
    FAILS(EFAULT, pread(fd, BAD, 1, 0));
    FAILS(EINVAL, pread(fd, buffer, 1, -1));
    FAILS(EINVAL, pwrite(fd, buffer, 1, -1));
    FAILS(ESPIPE, pread(ends[0], buffer, 1, 0));
    FAILS(ESPIPE, pwrite(ends[1], buffer, 1, 0));
    FAILS(ESPIPE, lseek(ends[0], 0, SEEK_SET));
    FAILS(EINVAL, lseek(fd, 0, 99));
    FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
    FAILS(ENXIO, lseek(fd, 100000, SEEK_DATA));
    FAILS(EBADF, lseek(-1, 0, SEEK_SET));
    FAILS(EINVAL, readv(fd, negative, 1));
    FAILS(EINVAL, readv(fd, bad, -1));
    FAILS(EINVAL, readv(fd, bad, IOV_MAX + 1));
    FAILS(EFAULT, readv(fd, BAD, 1));
    lseek(fd, 0, SEEK_SET);
    CHECK(readv(fd, bad, 2) == 1);
    CHECK(writev(fd, bad, 2) == 1);
    FAILS(EOPNOTSUPP, preadv2(fd, bad, 1, 0, 0x4000));
    FAILS(EINVAL, ioctl(dir, FIONREAD, BAD) == -1 && errno == ENOTTY ? (errno = EINVAL, -1) : -1);
    FAILS(ENOTTY, ioctl(fd, TIOCGWINSZ, buffer));
    FAILS(EBADF, ioctl(-1, TIOCGWINSZ, buffer));
    FAILS(ENOTDIR, syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    FAILS(EINVAL, syscall(SYS_getdents64, dir, buffer, 1));
    FAILS(EBADF, syscall(SYS_getdents64, -1, buffer, 1));
    FAILS(EBADF, sendfile(-1, fd, NULL, 1));
    FAILS(EBADF, sendfile(fd, -1, NULL, 1));
    FAILS(EINVAL, copy_file_range(fd, NULL, fd, NULL, 1, 1));
    FAILS(EBADF, copy_file_range(fd, NULL, -1, NULL, 1, 0));
    FAILS(EISDIR, copy_file_range(dir, NULL, fd, NULL, 1, 0));
    FAILS(EINVAL, splice(fd, NULL, fd, NULL, 1, 0));
    FAILS(ESPIPE, splice(ends[0], &(loff_t){0}, fd, NULL, 1, 0));
    FAILS(EINVAL, tee(ends[0], ends[1], 1, 0));
    FAILS(EINVAL, pipe2(ends, 0x10));
    FAILS(EFAULT, pipe(BAD));
    FAILS(EBADF, fsync(-1));
    FAILS(EINVAL, fsync(ends[0]));
    FAILS(EINVAL, syscall(SYS_sync_file_range, fd, -1L, 0L, 0));
    FAILS(EINVAL, posix_fadvise(fd, 0, 0, 99) ? (errno = EINVAL, -1) : 0);
    FAILS(EBADF, posix_fadvise(-1, 0, 0, 0) ? (errno = EBADF, -1) : 0);
    FAILS(ESPIPE, posix_fadvise(ends[0], 0, 0, 0) ? (errno = ESPIPE, -1) : 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    FAILS(EPIPE, write(ends[1], buffer, 1));
    close(ends[1]), close(fd), close(dir);
}

static void descriptors(void) {
    int fd = open("file", O_RDWR);
    struct flock lock = {.l_type = 9};
    FAILS(EBADF, dup(-1));
    FAILS(EBADF, dup2(-1, 5));
    FAILS(EBADF, dup2(fd, -1));
    FAILS(EBADF, dup2(fd, 1 << 30));
    FAILS(EINVAL, dup3(fd, fd, 0));
    FAILS(EINVAL, dup3(fd, 77, 1));
    FAILS(EBADF, fcntl(-1, F_GETFD));
    FAILS(EINVAL, fcntl(fd, 9999));
    FAILS(EINVAL, fcntl(fd, F_DUPFD, -1));
    FAILS(EINVAL, fcntl(fd, F_DUPFD, 1 << 30));
    FAILS(EINVAL, fcntl(fd, F_SETLK, &lock));
    FAILS(EFAULT, fcntl(fd, F_SETLK, BAD));
    FAILS(EBADF, fcntl(fd, F_SETPIPE_SZ, 4096));
    FAILS(EINVAL, flock(fd, 77));
    FAILS(EBADF, flock(-1, LOCK_SH));
    FAILS(EINVAL, close_range(5, 4, 0));
    FAILS(EINVAL, close_range(5, 6, 99));
    struct rlimit few = {0, 0}, old;
    getrlimit(RLIMIT_NOFILE, &old);
    few.rlim_max = old.rlim_max, few.rlim_cur = fd + 1;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    int ends[2];
    FAILS(EMFILE, dup(fd));
    FAILS(EMFILE, open("file", O_RDONLY));
    FAILS(EMFILE, pipe(ends));
    FAILS(EMFILE, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    FAILS(EMFILE, epoll_create1(0));
    FAILS(EMFILE, eventfd(0, 0));
    FAILS(EBADF, dup2(fd, fd + 1));
    FAILS(EINVAL, fcntl(fd, F_DUPFD, fd + 1));
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    FAILS(EINVAL, setrlimit(99, &old));
    FAILS(EFAULT, setrlimit(RLIMIT_NOFILE, BAD));
    FAILS(EFAULT, getrlimit(RLIMIT_NOFILE, BAD));
    few.rlim_cur = 10, few.rlim_max = 5;
    FAILS(EINVAL, setrlimit(RLIMIT_NOFILE, &few));
    FAILS(ESRCH, prlimit(1 << 28, RLIMIT_NOFILE, NULL, &old));
    close(fd);
}

static void names(void) {
    char buffer[PATH_MAX];
    FAILS(EEXIST, mkdir("file", 0700));
    FAILS(EEXIST, mkdir(".", 0700));
    FAILS(EEXIST, mknod("file", S_IFREG, 0));
    FAILS(EINVAL, mknod("new", S_IFDIR | 0700, 0) == -1 && (errno == EPERM || errno == EINVAL) ? (errno = EINVAL, -1) : 0);
    FAILS(ENOTDIR, rmdir("file"));
    FAILS(EINVAL, rmdir("dir/."));
    FAILS(ENOTEMPTY, rmdir("dir/.."));
    FAILS(EISDIR, unlink("dir"));
    FAILS(ENOTDIR, unlink("file/"));
    FAILS(EINVAL, unlinkat(AT_FDCWD, "file", 0x10));
    FAILS(ENOTDIR, rename("dir", "file"));
    FAILS(EISDIR, rename("file", "dir"));
    FAILS(EINVAL, rename("dir", "dir/sub"));
    FAILS(EBUSY, rename("dir/.", "dir2"));
    FAILS(EEXIST, syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "link", 1));
    FAILS(EINVAL, syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "link", 3));
    FAILS(ENOENT, syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "none", 2));
    mkdir("dir/sub", 0700);
    mkdir("dir3", 0700);
    FAILS(ENOTEMPTY, rename("dir3", "dir"));
    FAILS(ENOTEMPTY, rmdir("dir"));
    rmdir("dir/sub"), rmdir("dir3");
    FAILS(EPERM, link("dir", "dir2"));
    FAILS(EEXIST, link("file", "link"));
    FAILS(EINVAL, linkat(AT_FDCWD, "file", AT_FDCWD, "x", 0x8000));
    FAILS(EXDEV, link("/proc/self/status", "x"));
    FAILS(EXDEV, rename("file", "/proc/x"));
    FAILS(EEXIST, symlink("x", "file"));
    FAILS(ENOENT, symlink("", "x"));
    FAILS(ENAMETOOLONG, symlink(long_path, "x"));
    FAILS(EINVAL, readlink("file", buffer, sizeof buffer));
    FAILS(EINVAL, readlink("link", buffer, 0));
    FAILS(EFAULT, readlink("link", BAD, 10));
    FAILS(ERANGE, syscall(SYS_getcwd, buffer, 1));
    FAILS(EFAULT, syscall(SYS_getcwd, BAD, 4096));
    FAILS(ENOTDIR, chdir("file"));
    int fd = open("file", O_RDONLY);
    FAILS(ENOTDIR, fchdir(fd));
    FAILS(EBADF, fchdir(-1));
    FAILS(EBADF, fchmod(-1, 0));
    FAILS(EBADF, fchown(-1, 0, 0));
    FAILS(EBADF, fstat(-1, &status));
    FAILS(EFAULT, stat("file", BAD));
    FAILS(EINVAL, fchownat(AT_FDCWD, "file", -1, -1, 0x10));
    FAILS(EINVAL, faccessat(AT_FDCWD, "file", 99, 0));
    FAILS(EINVAL, fstatat(AT_FDCWD, "file", &status, 0x80000));
    struct statx extended;
    FAILS(EINVAL, statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_ALL, &extended));
    FAILS(EINVAL, statx(AT_FDCWD, "file", 0, STATX__RESERVED, &extended));
    struct timespec wrong[2] = {{0, -5}, {0, 0}};
    FAILS(EINVAL, utimensat(AT_FDCWD, "file", wrong, 0));
    FAILS(EFAULT, utimensat(AT_FDCWD, "file", BAD, 0));
    FAILS(EBADF, futimens(-1, NULL));
    FAILS(EACCES, execve("file", (char *[]){"x", NULL}, NULL));
    FAILS(EACCES, execve("dir", (char *[]){"x", NULL}, NULL));
    chmod("file", 0755);
    FAILS(ENOEXEC, execve("file", (char *[]){"x", NULL}, NULL));
    FAILS(EFAULT, execve("file", BAD, NULL));
    int writer = open("file", O_WRONLY);
    FAILS(ETXTBSY, execve("file", (char *[]){"x", NULL}, NULL));
    close(writer), close(fd);
    chmod("file", 0644);
}

static void processes(void) {
    int status_word;
    FAILS(ECHILD, waitpid(-1, &status_word, 0));
    FAILS(ECHILD, waitpid(1 << 28, &status_word, 0));
    FAILS(EINVAL, waitpid(-1, &status_word, 0x100));
    FAILS(ESRCH, syscall(SYS_wait4, INT_MIN, NULL, 0, NULL));
    siginfo_t info;
    FAILS(EINVAL, waitid(P_ALL, 0, &info, 0));
    FAILS(EINVAL, waitid(99, 0, &info, WEXITED));
    FAILS(EBADF, waitid(3 /* P_PIDFD */, 99, &info, WEXITED));
    FAILS(EINVAL, kill(getpid(), 99));
    FAILS(EINVAL, kill(getpid(), -1));
    FAILS(ESRCH, kill(1 << 28, 0));
    FAILS(ESRCH, kill(-(1 << 28), 0));
    FAILS(EINVAL, syscall(SYS_tgkill, getpid(), -1, 0));
    FAILS(ESRCH, syscall(SYS_tgkill, 1 << 28, getpid(), 0));
    FAILS(EINVAL, syscall(SYS_tkill, 0, 0));
    FAILS(ESRCH, getpgid(1 << 28));
    FAILS(ESRCH, getsid(1 << 28));
    FAILS(EINVAL, setpgid(0, -1));
    FAILS(ESRCH, setpgid(1 << 28, 0));
    FAILS(EPERM, setpgid(0, 1 << 28));
    FAILS(EINVAL, getpriority(99, 0));
    FAILS(ESRCH, getpriority(PRIO_PROCESS, 1 << 28));
    FAILS(EINVAL, prctl(9999, 0, 0, 0, 0));
    FAILS(EINVAL, prctl(PR_SET_PDEATHSIG, 999, 0, 0, 0));
    FAILS(EFAULT, prctl(PR_SET_NAME, BAD, 0, 0, 0));
    FAILS(EINVAL, prctl(PR_SET_DUMPABLE, 7, 0, 0, 0));
    FAILS(EFAULT, uname(BAD));
    FAILS(EFAULT, syscall(SYS_times, BAD));
    FAILS(EINVAL, getrusage(99, (struct rusage *)long_path));
    FAILS(EFAULT, getrusage(RUSAGE_SELF, BAD));
    FAILS(EINVAL, syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
    FAILS(EINVAL, syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
    FAILS(EINVAL, syscall(SYS_clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0));
    FAILS(EFAULT, syscall(SYS_clone3, BAD, 64));
    FAILS(EINVAL, syscall(SYS_clone3, long_path, 8));
    FAILS(ESRCH, sched_getparam(1 << 28, &(struct sched_param){0}));
    FAILS(EINVAL, sched_getparam(0, NULL));
    FAILS(EINVAL, sched_setscheduler(0, 99, &(struct sched_param){0}));
    FAILS(EINVAL, syscall(SYS_getgroups, -1, NULL));
    FAILS(EINVAL, syscall(SYS_setgroups, 65537, NULL));
    FAILS(EINVAL, syscall(SYS_getrandom, long_path, 1, 99));
    FAILS(EFAULT, syscall(SYS_getrandom, BAD, 1, 0));
    int fd = syscall(SYS_pidfd_open, getpid(), 0);
    CHECK(fd >= 0);
    CHECK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0);
    FAILS(EINVAL, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 99));
    FAILS(EINVAL, syscall(SYS_pidfd_open, -1, 0));
    FAILS(EINVAL, syscall(SYS_pidfd_open, getpid(), 1));
    FAILS(ESRCH, syscall(SYS_pidfd_open, 1 << 28, 0));
    FAILS(EBADF, syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0));
    close(fd);
    fd = open("/proc/self", O_RDONLY | O_DIRECTORY);
    CHECK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0);
    close(fd);
    fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    FAILS(EBADF, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    close(fd);
}

static void signals(void) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    FAILS(EINVAL, sigaction(SIGKILL, &action, NULL));
    FAILS(EINVAL, syscall(SYS_rt_sigaction, SIGSTOP, &action, NULL, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigaction, 65, NULL, NULL, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
    FAILS(EFAULT, syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigprocmask, 99, long_path, NULL, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 9));
    FAILS(EFAULT, syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, NULL, 8));
    FAILS(EFAULT, syscall(SYS_rt_sigpending, BAD, 8));
    FAILS(EINVAL, syscall(SYS_rt_sigpending, long_path, 99));
    sigset_t none;
    sigemptyset(&none);
    struct timespec soon = {0, 1000}, wrong = {0, -1};
    FAILS(EAGAIN, sigtimedwait(&none, NULL, &soon));
    FAILS(EINVAL, sigtimedwait(&none, NULL, &wrong));
    FAILS(EINVAL, syscall(SYS_rt_sigsuspend, &none, 4));
    stack_t stack = {.ss_sp = long_path, .ss_size = 10};
    FAILS(ENOMEM, sigaltstack(&stack, NULL));
    stack.ss_flags = 77;
    FAILS(EINVAL, sigaltstack(&stack, NULL));
    FAILS(EFAULT, sigaltstack(BAD, NULL));
    FAILS(EINVAL, signalfd(-1, &none, 1));
    FAILS(EBADF, signalfd(99, &none, 0));
    int fd = open("file", O_RDONLY);
    FAILS(EINVAL, signalfd(fd, &none, 0));
    close(fd);
    siginfo_t info = {.si_code = SI_USER};
    FAILS(EPERM, syscall(SYS_rt_sigqueueinfo, 1 << 28, 0, &info) == -1 && errno == ESRCH ? (errno = EPERM, -1) : -1);
}

static void times_and_waiting(void) {
    struct timespec wrong = {0, 1000000000}, negative = {-1, 0};
    struct itimerval timer = {{0, 0}, {0, 1000000}};
    struct itimerspec spec = {{0, 0}, {0, -1}};
    FAILS(EINVAL, clock_gettime(99, &wrong));
    FAILS(EFAULT, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, BAD));
    FAILS(EINVAL, nanosleep(&wrong, NULL));
    FAILS(EINVAL, nanosleep(&negative, NULL));
    FAILS(EFAULT, nanosleep(BAD, NULL));
    FAILS(EINVAL, clock_nanosleep(99, 0, &negative, NULL) == EINVAL ? (errno = EINVAL, -1) : 0);
    FAILS(EINVAL, clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &negative, NULL) == EINVAL ? (errno = EINVAL, -1) : 0);
    FAILS(EINVAL, setitimer(99, &timer, NULL));
    FAILS(EINVAL, setitimer(ITIMER_REAL, &timer, NULL));
    FAILS(EFAULT, setitimer(ITIMER_REAL, BAD, NULL));
    FAILS(EINVAL, getitimer(99, &timer));
    timer_t id;
    FAILS(EINVAL, timer_create(99, NULL, &id));
    FAILS(EINVAL, syscall(SYS_timer_settime, 12345, 0, &spec, NULL));
    FAILS(EINVAL, syscall(SYS_timer_delete, 12345));
    FAILS(EINVAL, timerfd_create(99, 0));
    FAILS(EINVAL, timerfd_create(CLOCK_MONOTONIC, 1));
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    FAILS(EINVAL, timerfd_settime(fd, 0, &spec, NULL));
    FAILS(EBADF, timerfd_settime(-1, 0, &(struct itimerspec){}, NULL));
    FAILS(EINVAL, timerfd_settime(open("file", O_RDONLY), 0, &(struct itimerspec){}, NULL));
    FAILS(EINVAL, read(fd, long_path, 4));
    close(fd);
    FAILS(EINVAL, eventfd(0, 99));
    fd = eventfd(0, EFD_NONBLOCK);
    uint64_t value = ~0ull;
    FAILS(EAGAIN, read(fd, &value, 8));
    FAILS(EINVAL, read(fd, &value, 4));
    FAILS(EINVAL, write(fd, &value, 8));
    FAILS(EINVAL, write(fd, &value, 4));
    close(fd);
    struct epoll_event event = {.events = EPOLLIN};
    FAILS(EINVAL, epoll_create(0));
    FAILS(EINVAL, epoll_create1(99));
    int poller = epoll_create1(0), file = open("file", O_RDONLY), ends[2];
    CHECK(pipe(ends) == 0);
    FAILS(EPERM, epoll_ctl(poller, EPOLL_CTL_ADD, file, &event));
    FAILS(EINVAL, epoll_ctl(poller, EPOLL_CTL_ADD, poller, &event));
    FAILS(EINVAL, epoll_ctl(file, EPOLL_CTL_ADD, ends[0], &event));
    FAILS(EBADF, epoll_ctl(poller, EPOLL_CTL_ADD, -1, &event));
    FAILS(EFAULT, epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], BAD));
    FAILS(ENOENT, epoll_ctl(poller, EPOLL_CTL_MOD, ends[0], &event));
    CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event) == 0);
    FAILS(EEXIST, epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event));
    FAILS(EINVAL, epoll_ctl(poller, 99, ends[0], &event));
    FAILS(EINVAL, epoll_wait(poller, &event, 0, 0));
    FAILS(EBADF, epoll_wait(-1, &event, 1, 0));
    FAILS(EINVAL, epoll_wait(file, &event, 1, 0));
    FAILS(EFAULT, poll(BAD, 1, 0));
    FAILS(EINVAL, syscall(SYS_poll, NULL, 1 << 30, 0));
    FAILS(EINVAL, ppoll(NULL, 0, &negative, NULL));
    struct timeval past = {-1, 0};
    FAILS(EINVAL, select(0, NULL, NULL, NULL, &past));
    FAILS(EINVAL, select(-1, NULL, NULL, NULL, NULL));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(99, &set);
    FAILS(EBADF, select(100, &set, NULL, NULL, NULL));
    FAILS(EFAULT, select(10, BAD, NULL, NULL, NULL));
    close(poller), close(file), close(ends[0]), close(ends[1]);
}

static void memory(void) {
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("file", O_RDONLY), writer = open("file", O_WRONLY), dir = open("dir", O_RDONLY);
    FAILS(EINVAL, mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    FAILS(EINVAL, mmap(NULL, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
    FAILS(EBADF, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0));
    FAILS(EACCES, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    FAILS(EACCES, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, writer, 0));
    FAILS(ENODEV, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, dir, 0));
    FAILS(EINVAL, syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1));
    FAILS(EINVAL, mmap((void *)0x10001, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    FAILS(EEXIST, mmap(page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    FAILS(ENOMEM, mmap(NULL, 1L << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    FAILS(EOPNOTSUPP, mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | (1 << 22), fd, 0));
    FAILS(EINVAL, munmap((char *)page + 1, 4096));
    FAILS(EINVAL, munmap(page, 0));
    FAILS(EINVAL, mprotect((char *)page + 1, 4096, PROT_READ));
    FAILS(EINVAL, mprotect(page, 4096, 0x1000));
    FAILS(ENOMEM, mprotect((void *)0x10000, 4096, PROT_READ));
    FAILS(EINVAL, madvise(page, 4096, 9999));
    FAILS(EINVAL, madvise((char *)page + 1, 4096, MADV_DONTNEED));
    FAILS(ENOMEM, madvise((void *)0x10000, 4096, MADV_DONTNEED));
    FAILS(EINVAL, msync(page, 4096, MS_SYNC | MS_ASYNC));
    FAILS(EINVAL, msync((char *)page + 1, 4096, MS_SYNC));
    FAILS(ENOMEM, msync((void *)0x10000, 4096, MS_SYNC));
    unsigned char vector[1];
    FAILS(EINVAL, mincore((char *)page + 1, 4096, vector));
    FAILS(ENOMEM, mincore((void *)0x10000, 4096, vector));
    FAILS(EFAULT, mincore(page, 4096, BAD));
    FAILS(EFAULT, mremap((void *)0x10000, 4096, 8192, MREMAP_MAYMOVE));
    FAILS(EINVAL, mremap(page, 4096, 0, 0));
    FAILS(EINVAL, mremap(page, 4096, 8192, 99));
    FAILS(ENOMEM, mlock((void *)0x10000, 4096));
    FAILS(EINVAL, mlockall(99));
    FAILS(EINVAL, mlockall(0));
    FAILS(EINVAL, memfd_create("x", 0x100));
    FAILS(EFAULT, memfd_create(BAD, 0));
    char name[251];
    memset(name, 'x', 250), name[250] = 0;
    FAILS(EINVAL, memfd_create(name, 0));
    FAILS(EINVAL, process_vm_readv(getpid(), NULL, 0, NULL, 0, 1));
    FAILS(ESRCH, process_vm_readv(1 << 28, &(struct iovec){name, 1}, 1, &(struct iovec){name, 1}, 1, 0));
    FAILS(EFAULT, process_vm_readv(getpid(), &(struct iovec){name, 1}, 1, &(struct iovec){BAD, 1}, 1, 0));
    munmap(page, 4096);
    close(fd), close(writer), close(dir);
}

static void sockets(void) {
    struct sockaddr_un address = {AF_UNIX, "missing/socket"};
    struct sockaddr_un present = {AF_UNIX, "file"};
    int value = 1, ends[2];
    socklen_t length = sizeof value;
    FAILS(EAFNOSUPPORT, socket(99, SOCK_STREAM, 0));
    FAILS(EINVAL, socket(AF_UNIX, 99, 0));
    FAILS(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_STREAM, 5));
    FAILS(EOPNOTSUPP, socketpair(AF_INET, SOCK_STREAM, 0, ends));
    FAILS(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, BAD));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), file = open("file", O_RDONLY);
    FAILS(ENOTSOCK, bind(file, (void *)&address, sizeof address));
    FAILS(EBADF, bind(-1, (void *)&address, sizeof address));
    FAILS(ENOTSOCK, listen(file, 1));
    FAILS(ENOTSOCK, accept(file, NULL, NULL));
    FAILS(ENOTSOCK, send(file, "x", 1, 0));
    FAILS(ENOTSOCK, getsockname(file, (void *)&address, &length));
    FAILS(ENOENT, bind(fd, (void *)&address, sizeof address));
    FAILS(EADDRINUSE, bind(fd, (void *)&present, sizeof present));
    FAILS(EINVAL, bind(fd, (void *)&address, 1));
    FAILS(EINVAL, bind(fd, (void *)&address, 1000));
    FAILS(EFAULT, bind(fd, BAD, 20));
    FAILS(ENOENT, connect(fd, (void *)&address, sizeof address));
    FAILS(ECONNREFUSED, connect(fd, (void *)&present, sizeof present));
    FAILS(EINVAL, listen(fd, 1));
    FAILS(EINVAL, accept(fd, NULL, NULL));
    FAILS(EINVAL, accept4(fd, NULL, NULL, 99));
    FAILS(EINVAL, shutdown(fd, 99));
    FAILS(ENOTCONN, getpeername(fd, (void *)&address, &length));
    FAILS(ENOTCONN, send(fd, "x", 1, MSG_NOSIGNAL));
    FAILS(EINVAL, recv(fd, &value, 1, 0));
    FAILS(ENOPROTOOPT, setsockopt(fd, SOL_SOCKET, 9999, &value, sizeof value));
    FAILS(EINVAL, setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, 1));
    FAILS(EFAULT, setsockopt(fd, SOL_SOCKET, SO_SNDBUF, BAD, sizeof value));
    FAILS(ENOPROTOOPT, getsockopt(fd, SOL_SOCKET, 9999, &value, &length));
    FAILS(EFAULT, getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, BAD));
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    FAILS(EAGAIN, recv(ends[0], &value, 1, MSG_DONTWAIT));
    FAILS(EFAULT, recvmsg(ends[0], BAD, 0));
    FAILS(EFAULT, send(ends[0], BAD, 10, 0));
    FAILS(EOPNOTSUPP, send(ends[0], "x", 1, MSG_OOB) == 1 ? (errno = EOPNOTSUPP, -1) : -1);
    struct msghdr message = {.msg_iovlen = 100000};
    FAILS(EMSGSIZE, sendmsg(ends[0], &message, 0));
    close(ends[1]);
    FAILS(EPIPE, send(ends[0], "x", 1, MSG_NOSIGNAL));
    close(ends[0]), close(fd), close(file);
}

/* What a user without privileges may not do; by a child, which gives them up. */
static void without_privileges(void) {
    chmod(".", 0755);
    mkdir("closed", 0700);
    close(open("closed/file", O_CREAT | O_WRONLY, 0600));
    close(open("secret", O_CREAT | O_WRONLY, 0600));
    close(open("program", O_CREAT | O_WRONLY, 0644));
    mkdir("sticky", 01777);
    chmod("sticky", 01777);
    close(open("sticky/file", O_CREAT | O_WRONLY, 0666));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0) {
            CHECK(syscall(SYS_setgroups, 0, NULL) == 0);
            CHECK(setresgid(NOBODY, NOBODY, NOBODY) == 0);
            CHECK(setresuid(NOBODY, NOBODY, NOBODY) == 0);
            FAILS(EACCES, open("closed/file", O_RDONLY));
            FAILS(EACCES, stat("closed/file", &status));
            FAILS(EACCES, open("secret", O_RDONLY));
            FAILS(EACCES, open("new", O_CREAT | O_WRONLY, 0600));
            FAILS(EACCES, open("file", O_WRONLY));
            FAILS(EPERM, open("file", O_RDONLY | O_NOATIME));
            FAILS(EACCES, access("secret", R_OK));
            FAILS(EACCES, mkdir("new", 0700));
            FAILS(EACCES, mkdir("closed/new", 0700));
            FAILS(EACCES, unlink("file"));
            FAILS(EACCES, rmdir("dir"));
            FAILS(EACCES, rename("file", "other"));
            FAILS(EACCES, symlink("x", "new"));
            FAILS(EACCES, truncate("file", 0));
            FAILS(EACCES, chdir("closed"));
            FAILS(EACCES, execve("program", (char *[]){"x", NULL}, NULL));
            FAILS(EPERM, unlink("sticky/file"));
            FAILS(EPERM, rename("sticky/file", "sticky/other"));
            FAILS(EPERM, chmod("file", 0777));
            FAILS(EPERM, chown("file", NOBODY, NOBODY));
            FAILS(EPERM, utimensat(AT_FDCWD, "file", (struct timespec[2]){{1, 0}, {1, 0}}, 0));
            FAILS(EACCES, utimensat(AT_FDCWD, "file", NULL, 0));
            FAILS(EPERM, mknod("sticky/device", S_IFCHR | 0600, 0x103));
            FAILS(EPERM, chroot("."));
            FAILS(EPERM, setuid(0));
            FAILS(EPERM, setgid(0));
            FAILS(EPERM, setresuid(0, -1, -1));
            FAILS(EPERM, syscall(SYS_setgroups, 1, &(gid_t){0}));
            FAILS(EPERM, kill(1, SIGTERM));
            FAILS(EPERM, sethostname("x", 1));
            FAILS(EPERM, setdomainname("x", 1));
            FAILS(EPERM, syscall(SYS_mount, "none", "dir", "tmpfs", 0, NULL));
            FAILS(EPERM, syscall(SYS_umount2, "dir", 0));
            FAILS(EACCES, setpriority(PRIO_PROCESS, 0, -5));
            FAILS(EPERM, sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}));
            struct rlimit limit;
            getrlimit(RLIMIT_NOFILE, &limit);
            limit.rlim_max += 1;
            FAILS(EPERM, setrlimit(RLIMIT_NOFILE, &limit));
            FAILS(EPERM, syscall(SYS_reboot, 0xfee1dead, 672274793, 0x1234, NULL));
            FAILS(EPERM, syscall(SYS_swapon, "file", 0));
            FAILS(EPERM, syscall(SYS_acct, "file"));
            FAILS(EPERM, syscall(SYS_settimeofday, &(struct timeval){0, 0}, NULL));
            FAILS(EPERM, clock_settime(CLOCK_REALTIME, &(struct timespec){0, 0}));
            FAILS(EPERM, prctl(PR_CAPBSET_DROP, 0, 0, 0, 0));
            FAILS(EPERM, setxattr("sticky/file", "trusted.x", "", 0, 0));
            FAILS(EPERM, lchown("sticky/file", 0, -1));
            FAILS(EPERM, fchmodat(AT_FDCWD, "sticky/file", 0600, 0));
        }
        fflush(stdout);
        _exit(failures ? 1 : 0);
    }
    int word;
    CHECK(waitpid(child, &word, 0) == child && word == 0);
}

int main(void) {
    set_up();
    RUN(paths);
    RUN(opening);
    RUN(reading_and_writing);
    RUN(descriptors);
    RUN(names);
    RUN(processes);
    RUN(signals);
    RUN(times_and_waiting);
    RUN(memory);
    RUN(sockets);
    RUN(without_privileges);
    DONE;
}
