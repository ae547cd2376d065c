/*
 * Random system calls from a seed.
 *
 *   fuzz SEED COUNT [FROM]     compared: calls whose results Linux determines; prints a hash of all results every 1,000
 *                              calls, and from call FROM on every call with its result. To be run on Linux and in a
 *                              sandbox, in an empty directory (on Linux: of a tmpfs); what they print must be the same.
 *   fuzz -h SEED COUNT         hostile: any call with any arguments, in children that may die of it. For sandboxes only.
 *
 * The same seed makes the same calls everywhere. A program that is root becomes nobody first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096L
#define ARENA 0x10000000L  /* buffers: 16 pages, inaccessible pages around them */
#define ARENA_PAGES 16
#define OUT (ARENA + 8 * PAGE) /* where calls write to: looked at after each call */
#define OUT_BYTES 512
#define WINDOW 0x30000000L /* mapped and unmapped by the calls themselves */
#define WINDOW_PAGES 32
#define TRACE_FD 63
#define FDS 40

static uint64_t state;

static uint64_t rnd(void) {
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return state * 0x2545F4914F6CDD1DULL;
}

static unsigned pick(unsigned n) {
    return (unsigned)((rnd() >> 33) % n);
}

#define END 0x7fffdeadbeefL
#define LIST(...) ((const long[]){__VA_ARGS__, END})

/*
 * One letter for each argument: F descriptor, D descriptor or AT_FDCWD, P path, I buffer that is read, O buffer that is
 * written, N length, o offset, i offset in memory or null, V iovec array, W its length, M mode, A address in the window,
 * L length of mapped memory, g signal, T timespec of zero, f one or two of the values or'ed, v one of the values,
 * w one of the second list, 0 zero, ? any number.
 */
struct row {
    long number;
    const char *name, *arguments;
    const long *values, *more;
    char shape; /* what is in OUT: s struct stat, x struct statx, n nothing that can be compared */
};

static const char *const PATHS[] = {"a", "b", "c", "d", "d/a", "d/b", "d/e", "l", "d/l", "./a", "d/../a", "d//a", "e/", "",
                                    "e", ".", "d/.", "none/x", "a/x", "d/e/f", "longlonglonglonglonglonglonglonglong", "l2"};
#define PATH_COUNT (sizeof PATHS / sizeof *PATHS)

#define OPEN_FLAGS LIST(0, O_WRONLY, O_RDWR, O_RDWR, O_CREAT | O_RDWR, O_CREAT | O_RDWR, O_CREAT | O_WRONLY, O_EXCL, O_TRUNC, O_APPEND | O_RDWR, \
                        O_DIRECTORY, O_NOFOLLOW, O_PATH, O_CLOEXEC, O_NONBLOCK, O_CREAT | O_EXCL)
#define LENGTHS_OF_FILES LIST(0, 1, 4095, 4096, 4097, 70000, -1, 1L << 40)

static const struct row ROWS[] = {
    {SYS_open, "open", "PfM", OPEN_FLAGS, 0, 0},
    {SYS_open, "open", "PfM", OPEN_FLAGS, 0, 0},
    {SYS_openat, "openat", "DPfM", OPEN_FLAGS, 0, 0},
    {SYS_close, "close", "F", 0, 0, 0},
    {SYS_read, "read", "FON", 0, 0, 0},
    {SYS_write, "write", "FIN", 0, 0, 0},
    {SYS_write, "write", "FIN", 0, 0, 0},
    {SYS_pread64, "pread64", "FONo", 0, 0, 0},
    {SYS_pwrite64, "pwrite64", "FINo", 0, 0, 0},
    {SYS_readv, "readv", "FVW", 0, 0, 0},
    {SYS_writev, "writev", "FVW", 0, 0, 0},
    {SYS_preadv, "preadv", "FVWo0", 0, 0, 0},
    {SYS_pwritev, "pwritev", "FVWo0", 0, 0, 0},
    {SYS_lseek, "lseek", "Fov", LIST(0, 0, 1, 2, 3, 4, 5, 6), 0, 0},
    {SYS_dup, "dup", "F", 0, 0, 0},
    {SYS_dup2, "dup2", "FF", 0, 0, 0},
    {SYS_dup3, "dup3", "FFv", LIST(0, O_CLOEXEC, 1), 0, 0},
    {SYS_fcntl, "fcntl", "Fvw", LIST(F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL), LIST(0, 1, 5, 39, 60, -1), 0},
    {SYS_fcntl, "fcntl", "Fvw", LIST(F_SETFL), LIST(O_NONBLOCK, O_NONBLOCK | O_APPEND), 0},
    {SYS_fcntl, "fcntl", "Fvw", LIST(F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS, F_SETSIG, F_GETSIG, 9999), LIST(0, 1, 2, 4, 8, 16, 64), 0},
    {SYS_ftruncate, "ftruncate", "Fv", LENGTHS_OF_FILES, 0, 0},
    {SYS_truncate, "truncate", "Pv", LENGTHS_OF_FILES, 0, 0},
    {SYS_fallocate, "fallocate", "Fvoo", LIST(0, 1, 3, 2, 64, 8), 0, 0},
    {SYS_fstat, "fstat", "FO", 0, 0, 's'},
    {SYS_stat, "stat", "PO", 0, 0, 's'},
    {SYS_lstat, "lstat", "PO", 0, 0, 's'},
    {SYS_newfstatat, "newfstatat", "DPOf", LIST(0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 1), 0, 's'},
    {SYS_statx, "statx", "DPfvO", LIST(0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH), LIST(0x7ff), 'n'},
    {SYS_access, "access", "Pv", LIST(0, 1, 2, 4, 7, 8), 0, 0},
    {SYS_faccessat2, "faccessat2", "DPvw", LIST(0, 1, 2, 4, 7), LIST(0, AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 1), 0},
    {SYS_mkdir, "mkdir", "PM", 0, 0, 0},
    {SYS_mkdirat, "mkdirat", "DPM", 0, 0, 0},
    {SYS_rmdir, "rmdir", "P", 0, 0, 0},
    {SYS_unlink, "unlink", "P", 0, 0, 0},
    {SYS_unlinkat, "unlinkat", "DPv", LIST(0, 0, AT_REMOVEDIR, 1), 0, 0},
    {SYS_rename, "rename", "PP", 0, 0, 0},
    {SYS_renameat2, "renameat2", "DPDPv", LIST(0, 1, 2, 3, 8), 0, 0},
    {SYS_link, "link", "PP", 0, 0, 0},
    {SYS_linkat, "linkat", "DPDPv", LIST(0, AT_SYMLINK_FOLLOW, 1), 0, 0},
    {SYS_symlink, "symlink", "PP", 0, 0, 0},
    {SYS_readlink, "readlink", "PON", 0, 0, 0},
    {SYS_chmod, "chmod", "PM", 0, 0, 0},
    {SYS_fchmod, "fchmod", "FM", 0, 0, 0},
    {SYS_fchmodat, "fchmodat", "DPM", 0, 0, 0},
    {SYS_umask, "umask", "v", LIST(0, 022, 077, 0777), 0, 0},
    {SYS_utimensat, "utimensat", "DPIv", LIST(0, AT_SYMLINK_NOFOLLOW, 1), 0, 0},
    {SYS_flock, "flock", "Fv", LIST(LOCK_SH | LOCK_NB, LOCK_EX | LOCK_NB, LOCK_UN, LOCK_NB, 67), 0, 0},
    {SYS_fsync, "fsync", "F", 0, 0, 0},
    {SYS_fdatasync, "fdatasync", "F", 0, 0, 0},
    {SYS_sync_file_range, "sync_file_range", "Foov", LIST(0, 1, 7, 8), 0, 0},
    {SYS_fadvise64, "fadvise64", "Foov", LIST(0, 1, 2, 3, 4, 5, 6), 0, 0},
    {SYS_readahead, "readahead", "FoN", 0, 0, 0},
    {SYS_pipe2, "pipe2", "Ov", LIST(O_NONBLOCK, O_NONBLOCK | O_CLOEXEC, O_NONBLOCK | 1), 0, 0},
    {SYS_socketpair, "socketpair", "vw0O", LIST(AF_UNIX),
     LIST(SOCK_STREAM | SOCK_NONBLOCK, SOCK_DGRAM | SOCK_NONBLOCK, SOCK_SEQPACKET | SOCK_NONBLOCK), 0},
    {SYS_sendto, "sendto", "FINv00", LIST(MSG_DONTWAIT | MSG_NOSIGNAL, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR), 0, 0},
    {SYS_recvfrom, "recvfrom", "FONv00", LIST(MSG_DONTWAIT, MSG_DONTWAIT | MSG_PEEK, MSG_DONTWAIT | MSG_TRUNC), 0, 0},
    {SYS_shutdown, "shutdown", "Fv", LIST(0, 1, 2, 3), 0, 0},
    {SYS_eventfd2, "eventfd2", "vw", LIST(0, 1, 5, 0xffffffffL), LIST(O_NONBLOCK, O_NONBLOCK | 1, 2 | O_NONBLOCK, O_NONBLOCK | O_CLOEXEC), 0},
    {SYS_memfd_create, "memfd_create", "Pv", LIST(0, 1, 2, 3, 0x8000), 0, 0},
    {SYS_epoll_create1, "epoll_create1", "v", LIST(0, O_CLOEXEC, 1), 0, 0},
    {SYS_epoll_ctl, "epoll_ctl", "FvFI", LIST(1, 2, 3, 4), 0, 0},
    {SYS_epoll_wait, "epoll_wait", "FOv0", LIST(1, 8), 0, 'n'},
    {SYS_timerfd_create, "timerfd_create", "vw", LIST(0, 1, 7, 99, 2), LIST(O_NONBLOCK, O_NONBLOCK | O_CLOEXEC, O_NONBLOCK | 1), 0},
    {SYS_inotify_init1, "inotify_init1", "v", LIST(O_NONBLOCK, O_NONBLOCK | O_CLOEXEC, O_NONBLOCK | 1), 0, 0},
    {SYS_sendfile, "sendfile", "FFiN", 0, 0, 'n'},
    {SYS_copy_file_range, "copy_file_range", "FiFiNv", LIST(0, 0, 1), 0, 'n'},
    {SYS_close_range, "close_range", "vwv", LIST(30, 36, 39), LIST(30, 36, 39), 0},
    {SYS_poll, "poll", "Iv0", LIST(0, 1, 3, 1L << 31), 0, 'n'},
    {SYS_mmap, "mmap", "ALvw00", LIST(0, 1, 3, 7, 8),
     LIST(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, MAP_FIXED | MAP_ANONYMOUS,
          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE),
     0},
    {SYS_mmap, "mmap", "ALvwFo", LIST(0, 1, 3, 7), LIST(MAP_PRIVATE | MAP_FIXED, MAP_SHARED | MAP_FIXED, MAP_SHARED_VALIDATE | MAP_FIXED), 0},
    {SYS_munmap, "munmap", "AL", 0, 0, 0},
    {SYS_mprotect, "mprotect", "ALv", LIST(0, 1, 3, 3, 7, 16, PROT_GROWSDOWN), 0, 0},
    {SYS_mremap, "mremap", "ALLv", LIST(0, 0, 8), 0, 0},
    {SYS_madvise, "madvise", "ALv", LIST(0, 1, 2, 3, 4, 4, 8, 10, 11, 18, 19, 99), 0, 0},
    {SYS_msync, "msync", "ALv", LIST(0, 1, 2, 4, 5, 6, 8), 0, 0},
    {SYS_mincore, "mincore", "ALO", 0, 0, 'n'},
    {SYS_mlock, "mlock", "AL", 0, 0, 0},
    {SYS_munlock, "munlock", "AL", 0, 0, 0},
    {SYS_rt_sigprocmask, "rt_sigprocmask", "vIOw", LIST(3, 99), LIST(8, 4), 'n'},
    {SYS_rt_sigpending, "rt_sigpending", "Ov", LIST(8, 8, 9, 0), 0, 0},
    {SYS_rt_sigaction, "rt_sigaction", "g0Ov", LIST(8, 8, 7), 0, 'n'},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", "IOTv", LIST(8, 7), 0, 'n'},
    {SYS_sigaltstack, "sigaltstack", "0O", 0, 0, 'n'},
    {SYS_getpriority, "getpriority", "v0", LIST(0, 3, -1), 0, 0},
    {SYS_setpriority, "setpriority", "v0w", LIST(0, 3), LIST(5, 5, 6, 30), 0},
    {SYS_sched_getscheduler, "sched_getscheduler", "v", LIST(0, -1), 0, 0},
    {SYS_sched_getparam, "sched_getparam", "vO", LIST(0, -1), 0, 0},
    {SYS_sched_setscheduler, "sched_setscheduler", "vwI", LIST(0, -1), LIST(0, 3, 4, -1), 0},
    {SYS_sched_get_priority_max, "sched_get_priority_max", "v", LIST(0, 1, 2, 3, 4, 5, 6, -1), 0, 0},
    {SYS_sched_getattr, "sched_getattr", "vOw0", LIST(0, -1), LIST(48, 56, 47, 5000), 'n'},
    {SYS_getrlimit, "getrlimit", "vO", LIST(-1, 16, 99), 0, 0},
    {SYS_prlimit64, "prlimit64", "vwIO", LIST(0), LIST(-1, 16), 0},
    {SYS_prctl, "prctl", "vwww0", LIST(PROT_NONE + 2, 3, 7, 8, 39, 9999), LIST(0, 1, 2), 'n'},
    {SYS_getitimer, "getitimer", "vO", LIST(0, 1, 2, 3, -1), 0, 0},
    {SYS_clock_getres, "clock_getres", "vO", LIST(10, 12, 16, 99, -1000), 0, 0},
    {SYS_clock_nanosleep, "clock_nanosleep", "v0TO", LIST(0, 1, 7, 3, 99, 11), 0, 0},
    {SYS_nanosleep, "nanosleep", "TO", 0, 0, 0},
    {SYS_futex, "futex", "Ivw00?", LIST(1, 3, 5, 129, 99), LIST(0, 1, 5), 0},
    {SYS_timer_delete, "timer_delete", "v", LIST(0, 5, -1), 0, 0},
    {SYS_timerfd_gettime, "timerfd_gettime", "FO", 0, 0, 'n'},
    {SYS_splice, "splice", "FiFiNv", LIST(2, 3), 0, 'n'},
    {SYS_tee, "tee", "FFNv", LIST(2, 3), 0, 0},
    {SYS_getsockopt, "getsockopt", "FvwOI", LIST(SOL_SOCKET, 6, 99), LIST(3, 4, 30, 38, 39, 9999), 'n'},
    {SYS_getsockname, "getsockname", "FOI", 0, 0, 'n'},
    {SYS_listen, "listen", "Fv", LIST(0, 5), 0, 0},
    {SYS_getcwd, "getcwd", "Ov", LIST(0, 1), 0, 'n'},
    {SYS_getdents64, "getdents64", "FOv", LIST(0, 10), 0, 'n'},
    {SYS_personality, "personality", "v", LIST(0xffffffffL), 0, 0},
    {SYS_process_vm_readv, "process_vm_readv", "vVWVW?", LIST(-1, 0), 0, 'n'},
    {SYS_mlock2, "mlock2", "ALv", LIST(0, 1, 2), 0, 0},
    {SYS_getrandom, "getrandom", "ONv", LIST(8, 6, 99), 0, 'n'},
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

static long one_of(const long *values) {
    int count = 0;
    while (values[count] != END) count++;
    return values[pick(count)];
}

static long bad_pointer(void) {
    static const long BAD[] = {0, 8, -1, ARENA - PAGE, ARENA + ARENA_PAGES * PAGE, (long)0xffff880000000000L, 1L << 47, 0x123};
    return BAD[pick(8)];
}

static long buffer(long base) {
    switch (pick(24)) {
        case 0: return bad_pointer();
        case 1: return WINDOW + pick(WINDOW_PAGES) * PAGE + pick(64);
        default: return base;
    }
}

static long length(void) {
    static const long LENGTHS[] = {0, 1, 7, 8, 16, 100, 256, 500, 512};
    return LENGTHS[pick(9)];
}

/* In arguments that are read the beginning is of interest, and the same for all: it is made anew for each call. */
static void fill_input(void) {
    uint32_t *words = (uint32_t *)ARENA;
    for (int i = 0; i < 16; i++) words[i] = pick(4) ? pick(8) : (uint32_t)rnd();
    struct iovec *vector = (struct iovec *)(ARENA + 4 * PAGE);
    for (int i = 0; i < 4; i++) {
        vector[i].iov_base = (void *)(pick(10) ? OUT + 64 * i : bad_pointer());
        vector[i].iov_len = pick(12) ? pick(64) : (size_t)-1;
    }
    strcpy((char *)ARENA + 5 * PAGE, PATHS[pick(PATH_COUNT)]);
    strcpy((char *)ARENA + 6 * PAGE, PATHS[pick(PATH_COUNT)]);
    memset((char *)ARENA + 7 * PAGE, 0, 32);
    *(long *)(ARENA + 3 * PAGE) = pick(3) * 100;
    memset((char *)OUT, 0xA5, OUT_BYTES);
}

static long argument(const struct row *row, char kind, int index) {
    static const long OFFSETS[] = {0, 0, 1, 100, 4095, 4096, 8192, 65536, -1};
    static const long MODES[] = {0644, 0755, 0700, 0, 0400, 01777, 04755};
    switch (kind) {
        case 'F': return pick(20) ? pick(FDS) : (long)(int)rnd() | 64;
        case 'D': return pick(4) ? AT_FDCWD : pick(FDS);
        case 'P': return strchr(row->arguments, 'P') != row->arguments + index || pick(40) ? ARENA + (index < 2 ? 5 : 6) * PAGE : bad_pointer();
        case 'I': return buffer(ARENA);
        case 'O': return buffer(OUT);
        case 'N': return length();
        case 'o': return OFFSETS[pick(9)];
        case 'i': return pick(2) ? 0 : ARENA + 3 * PAGE;
        case 'V': return pick(20) ? ARENA + 4 * PAGE : bad_pointer();
        case 'W': return pick(20) ? pick(5) : pick(2) ? -1 : 2000;
        case 'M': return MODES[pick(7)];
        case 'A': return WINDOW + pick(WINDOW_PAGES) * PAGE + (pick(30) ? 0 : 5);
        case 'L': return pick(20) ? (1 + pick(6)) * PAGE - (pick(5) ? 0 : 77) : pick(2) ? 0 : -1;
        case 'g': return pick(8) ? 34 + pick(30) : pick(2) ? 0 : 65;
        case 'T': return pick(20) ? ARENA + 7 * PAGE : bad_pointer();
        case 'f': return one_of(row->values) | (pick(2) ? one_of(row->values) : 0);
        case 'v': return one_of(row->values);
        case 'w': return one_of(row->more);
        case '?': return (long)rnd();
        default: return 0;
    }
}

static uint64_t hash(uint64_t sum, const void *bytes, size_t count) {
    const unsigned char *from = bytes;
    while (count--) sum = (sum ^ *from++) * 0x100000001b3ULL;
    return sum;
}

/* What two file systems differ in, and times, are left out. */
static void normalise(char shape) {
    if (shape == 's') {
        struct stat *s = (struct stat *)OUT;
        s->st_dev = s->st_ino = s->st_blocks = s->st_blksize = 0;
        if (!S_ISREG(s->st_mode)) s->st_size = 0, s->st_rdev = 0;
        if (S_ISDIR(s->st_mode)) s->st_nlink = 0;
        memset(&s->st_atim, 0, 3 * sizeof s->st_atim);
    }
}

static long raw(long number, const long *a) {
    long result;
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static void print(const char *text) {
    if (write(TRACE_FD, text, strlen(text)) < 0) _exit(3);
}

static void become_nobody(void) {
    if (getuid() != 0) return;
    if (chown(".", 65534, 65534) || setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
        _exit(4);
}

static void prepare(void) {
    mmap((void *)(ARENA - PAGE), (ARENA_PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mprotect((void *)ARENA, ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE);
    mmap((void *)WINDOW, WINDOW_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    struct rlimit files = {48, 48}, size = {1L << 30, 1L << 30}, locked = {1 << 20, 1 << 20}, none = {0, 0};
    dup2(1, TRACE_FD);
    for (int fd = 0; fd < TRACE_FD; fd++) close(fd);
    setrlimit(RLIMIT_NOFILE, &files);
    setrlimit(RLIMIT_FSIZE, &size);
    setrlimit(RLIMIT_MEMLOCK, &locked);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NICE, &none);
    signal(SIGXFSZ, SIG_IGN);
}

/* A row's window may only lie in the window: a call must not map over the program. */
static int is_safe(const struct row *row, const long *a) {
    int maps = row->number == SYS_mmap || row->number == SYS_mremap;
    unsigned long end = WINDOW + (WINDOW_PAGES + 64) * PAGE;
    for (int i = 0; maps && row->arguments[i]; i++) {
        if (row->arguments[i] == 'L' && (unsigned long)a[i] > 64 * PAGE) return a[i] == -1;
        if (row->arguments[i] == 'A' && (unsigned long)a[i] > end) return 0;
    }
    return 1;
}

static int compared(uint64_t seed, long count, long from) {
    uint64_t sum = 0xcbf29ce484222325ULL;
    char line[512];
    prepare();
    become_nobody();
    state = seed * 0x9E3779B97F4A7C15ULL + 1;
    for (long index = 0; index < count; index++) {
        const struct row *row = &ROWS[pick(ROW_COUNT)];
        long a[6] = {0};
        fill_input();
        for (int i = 0; row->arguments[i]; i++) a[i] = argument(row, row->arguments[i], i);
        if (!is_safe(row, a)) continue;
        long result = raw(row->number, a);
        if (result >= 0) normalise(row->shape);
        if (row->number == SYS_umask || row->shape == 'n') memset((char *)OUT, 0, OUT_BYTES);
        uint64_t out = hash(0, (void *)OUT, OUT_BYTES);
        sum = hash(hash(sum, &result, sizeof result), &out, sizeof out);
        if (index >= from) {
            snprintf(line, sizeof line, "%ld %s(%lx, %lx, %lx, %lx, %lx, %lx) [%s %s] = %ld %08x", index, row->name, a[0],
                     a[1], a[2], a[3], a[4], a[5], (char *)ARENA + 5 * PAGE, (char *)ARENA + 6 * PAGE, result, (unsigned)out);
            print(line);
            struct stat *s = (struct stat *)OUT;
            snprintf(line, sizeof line, row->shape == 's' ? " mode %o links %ld owner %d size %ld\n" : "\n", s->st_mode, (long)s->st_nlink, s->st_uid, (long)s->st_size);
            print(line);
        }
        if ((index + 1) % 1000 == 0 && from > index) {
            snprintf(line, sizeof line, "%ld %016lx\n", index + 1, (unsigned long)sum);
            print(line);
        }
    }
    print("done\n");
    return 0;
}

/* ---- Hostile calls */

static volatile long *made;

static long any_argument(void) {
    switch (pick(10)) {
        case 0: return pick(FDS);
        case 1: return bad_pointer();
        case 2: return (long)rnd();
        case 3: return 1L << pick(64);
        case 4: return -(long)pick(100);
        case 5: return WINDOW + pick(WINDOW_PAGES) * PAGE;
        case 6: return pick(100000);
        default: return ARENA + pick(ARENA_PAGES) * PAGE + pick(100);
    }
}

static int is_denied(long number) {
    switch (number) {
        case SYS_exit: case SYS_exit_group: case SYS_pause: case SYS_rt_sigsuspend: case SYS_vfork: return 1;
        default: return 0;
    }
}

static void tick(int signal) {
    static int ticks;
    (void)signal;
    if (++ticks > 200) _exit(0);
}

static void hostile_child(uint64_t seed, long calls) {
    struct itimerval limit = {{0, 5000}, {0, 5000}}; /* ends what blocks */
    struct sigaction interrupt = {.sa_handler = tick};
    struct rlimit memory = {512L << 20, 512L << 20}, processes = {64, 64}, cpu = {2, 3}, size = {16 << 20, 16 << 20};
    state = seed;
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_NPROC, &processes);
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_FSIZE, &size);
    sigaction(SIGALRM, &interrupt, NULL);
    setitimer(ITIMER_REAL, &limit, NULL);
    pid_t self = getpid();
    for (long call = 0; call < calls; call++) {
        long a[6], number;
        fill_input();
        if (pick(3)) {
            const struct row *row = &ROWS[pick(ROW_COUNT)];
            number = row->number;
            for (int i = 0; i < 6; i++) a[i] = any_argument();
            for (int i = 0; row->arguments[i]; i++) a[i] = pick(8) ? argument(row, row->arguments[i], i) : any_argument();
        } else {
            number = pick(50) ? pick(470) : (long)rnd();
            for (int i = 0; i < 6; i++) a[i] = any_argument();
        }
        if (is_denied(number)) continue;
        __atomic_fetch_add(made, 1, __ATOMIC_RELAXED);
        raw(number, a);
        if (syscall(SYS_getpid) != self) _exit(0); /* a child of the call's making */
    }
    _exit(0);
}

static int hostile(uint64_t seed, long count) {
    char line[100];
    made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prepare();
    for (uint64_t round = 0; *made < count; round++) {
        long before = *made;
        pid_t child = fork();
        if (child == 0) {
            setpgid(0, 0);
            become_nobody(); /* it cannot kill its parent */
            hostile_child((seed << 32 | round) * 0x9E3779B97F4A7C15ULL + 1, 2000);
        }
        int status = 0;
        for (int waited = 0; child > 0 && waitpid(child, &status, WNOHANG) == 0; waited++) {
            if (waited > 3000) kill(child, SIGKILL); /* it had blocked its timer's signal */
            usleep(1000);
        }
        kill(-child, SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
        if (round % 100 == 0) {
            snprintf(line, sizeof line, "round %lu: %ld calls, last child made %ld and ended with %x\n", (unsigned long)round,
                     (long)*made, (long)*made - before, status);
            print(line);
        }
    }
    snprintf(line, sizeof line, "%ld calls\ndone\n", (long)*made);
    print(line);
    return 0;
}

int main(int count, char **arguments) {
    if (count >= 4 && !strcmp(arguments[1], "-h")) return hostile(strtoul(arguments[2], NULL, 0), atol(arguments[3]));
    if (count >= 3) return compared(strtoul(arguments[1], NULL, 0), atol(arguments[2]), count > 3 ? atol(arguments[3]) : 1L << 62);
    fprintf(stderr, "usage: fuzz [-h] SEED COUNT [FROM]\n");
    return 2;
}
