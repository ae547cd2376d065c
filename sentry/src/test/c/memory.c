/* mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), mincore(2), and faults. */
#include "check.h"
#include <setjmp.h>
#include <sys/resource.h>

static sigjmp_buf out;
static volatile int caught_signal, caught_code;
static void *volatile caught_address;

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)context;
    caught_signal = signal, caught_code = info->si_code, caught_address = info->si_addr;
    siglongjmp(out, 1);
}

/* The signal that the access ends in, or 0. */
#define TOUCH(access)                                  \
    ({                                                 \
        caught_signal = 0;                             \
        if (sigsetjmp(out, 1) == 0) { access; }        \
        caught_signal;                                 \
    })

static char *anonymous(size_t length, int prot) {
    return mmap(NULL, length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void fresh_memory_is_zero_and_writable(void) {
    char *p = anonymous(1 << 20, PROT_READ | PROT_WRITE);
    CHECK(p != MAP_FAILED);
    for (int i = 0; i < 1 << 20; i += 511)
        if (p[i]) { CHECK(!"zero"); break; }
    memset(p, 7, 1 << 20);
    CHECK(p[12345] == 7);
    CHECK(munmap(p, 1 << 20) == 0);
    CHECK(TOUCH(p[0] = 1) == SIGSEGV && caught_code == SEGV_MAPERR && caught_address == p);
}

static void protection_is_enforced(void) {
    char *p = anonymous(12288, PROT_READ | PROT_WRITE);
    p[0] = p[4096] = p[8192] = 1;
    CHECK(mprotect(p + 4096, 4096, PROT_READ) == 0);
    CHECK(TOUCH(p[4096] = 2) == SIGSEGV && caught_code == SEGV_ACCERR && caught_address == p + 4096);
    CHECK(p[4096] == 1);
    CHECK(mprotect(p + 4096, 4096, PROT_NONE) == 0);
    CHECK(TOUCH((void)*(volatile char *)(p + 4096)) == SIGSEGV && caught_code == SEGV_ACCERR);
    CHECK(mprotect(p, 12288, PROT_READ | PROT_WRITE) == 0);
    CHECK(p[4096] == 1);
    p[4096] = 3;
    FAILS(EINVAL, mprotect(p + 1, 4096, PROT_READ));
    munmap(p + 4096, 4096);
    FAILS(ENOMEM, mprotect(p, 12288, PROT_READ));
    CHECK(TOUCH(((void (*)(void))(p + 8192))()) == SIGSEGV);
    munmap(p, 12288);
}

static void arguments_are_checked(void) {
    FAILS(EINVAL, mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    FAILS(EINVAL, mmap(NULL, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
    FAILS(EBADF, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0));
    FAILS(ENOMEM, mmap(NULL, (size_t)1 << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    FAILS(ENOMEM, mmap(NULL, -4096UL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    int fd = make_file("m", "x");
    FAILS(EINVAL, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1));
    FAILS(EINVAL, mmap((void *)1, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    FAILS(EINVAL, munmap((void *)1, 4096));
    FAILS(EINVAL, munmap((void *)4096, 0));
    CHECK(munmap((void *)0x10000000000, 4096) == 0);
    FAILS(ENOMEM, mmap((void *)0xffff800000000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    int readable = open("m", O_RDONLY);
    FAILS(EACCES, mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, readable, 0));
    CHECK(mmap(NULL, 4096, PROT_WRITE, MAP_PRIVATE, readable, 0) != MAP_FAILED);
    close(fd), close(readable);
}

static void fixed_mappings_replace(void) {
    char *p = anonymous(3 * 4096, PROT_READ | PROT_WRITE);
    memset(p, 1, 3 * 4096);
    CHECK(mmap(p + 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 4096);
    CHECK(p[4095] == 1 && p[4096] == 0 && p[8192] == 1);
    FAILS(EEXIST, mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0));
    munmap(p, 3 * 4096);
}

static void private_file_mapping_copies_on_write(void) {
    char got[4] = {0};
    int fd = make_file("file", "abcdef");
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(memcmp(p, "abcdef", 6) == 0 && p[6] == 0 && p[4095] == 0);
    p[0] = 'X';
    CHECK(pread(fd, got, 1, 0) == 1 && got[0] == 'a');
    CHECK(p[0] == 'X' && p[1] == 'b');
    munmap(p, 4096), close(fd);
}

static void shared_file_mapping_is_the_file(void) {
    char got[4] = {0};
    int fd = make_file("file", "abcdef");
    CHECK(ftruncate(fd, 8192) == 0);
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
    p[1] = 'Y', p[5000] = 'Z';
    CHECK(pread(fd, got, 2, 0) == 2 && got[1] == 'Y');
    CHECK(q[5000 - 4096] == 'Z');
    CHECK(pwrite(fd, "Q", 1, 2) == 1 && p[2] == 'Q');
    CHECK(msync(p, 8192, MS_SYNC) == 0);
    int status = IN_CHILD({ p[3] = 'C'; });
    CHECK(status == 0 && p[3] == 'C');
    munmap(p, 8192), munmap(q, 4096), close(fd);
}

static void beyond_the_end_of_a_file_is_sigbus(void) {
    int fd = make_file("short", "abc");
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p[4000] == 0);
    CHECK(TOUCH(p[4096] = 1) == SIGBUS && caught_address == p + 4096);
    munmap(p, 8192), close(fd);
}

static void what_is_cut_off_a_file_is_sigbus(void) {
    int fd = make_file("cut", "abc");
    CHECK(ftruncate(fd, 3 * 4096) == 0);
    char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *q = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    p[4096] = 1, p[8192] = 2, q[0] = 'Q', q[4096] = 3;
    int ready[2], go[2];
    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        char c = p[8192];
        if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1) _exit(9);
        _exit(TOUCH(c = p[8192]) == SIGBUS && TOUCH(c = p[4096]) == SIGBUS && p[0] == 'a' ? 0 : 1);
    }
    char c;
    int status;
    CHECK(read(ready[0], &c, 1) == 1 && ftruncate(fd, 100) == 0 && write(go[1], &c, 1) == 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(TOUCH(p[4096] = 1) == SIGBUS && TOUCH(c = p[8192]) == SIGBUS);
    CHECK(TOUCH(c = q[4096]) == SIGBUS && q[0] == 'Q' && p[0] == 'a' && p[2] == 'c');
    FAILS(EFAULT, read(ready[0], p + 4096, write(ready[1], "x", 1)));
    CHECK(ftruncate(fd, 2 * 4096) == 0);
    CHECK(p[4096] == 0 && q[4096] == 0 && TOUCH(c = p[8192]) == SIGBUS);
    p[4096] = 5;
    CHECK(pread(fd, &c, 1, 4096) == 1 && c == 5);
    munmap(p, 3 * 4096), munmap(q, 3 * 4096), close(fd);
    close(ready[0]), close(ready[1]), close(go[0]), close(go[1]);
}

/* A file that is cut off takes its pages out of mappings, and copies of them too; a hole leaves the copies. */
static void a_file_that_is_cut_off_takes_pages_out_of_mappings(void) {
    int fd = open("cut", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(ftruncate(fd, 3 * 4096) == 0);
    char *shared = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    memset(shared, 1, 3 * 4096);
    memset(private, 2, 3 * 4096);
    CHECK(ftruncate(fd, 4096 + 10) == 0);
    CHECK(shared[4096 + 9] == 1 && shared[4096 + 10] == 0);
    CHECK(TOUCH(shared[2 * 4096] = 1) == SIGBUS && caught_address == shared + 2 * 4096);
    CHECK(TOUCH(private[2 * 4096] = 1) == SIGBUS);
    CHECK(private[0] == 2 && private[4096] == 2);
    CHECK(ftruncate(fd, 3 * 4096) == 0);
    CHECK(shared[2 * 4096] == 0 && private[2 * 4096] == 0);
    CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
    CHECK(shared[0] == 0 && private[0] == 2);
    shared[4096] = 3;
    CHECK(madvise(shared + 4096, 4096, MADV_REMOVE) == 0);
    CHECK(shared[4096] == 0);
    private[4096] = 4;
    close(open("cut", O_RDWR | O_TRUNC));
    CHECK(TOUCH(shared[0] = 1) == SIGBUS && TOUCH(private[4096] = 1) == SIGBUS);
    CHECK(read(open("/dev/zero", O_RDONLY), private, 10) == -1 && errno == EFAULT);
    close(fd);
    munmap(shared, 3 * 4096), munmap(private, 3 * 4096);
}

static void pages_of_a_shared_mapping_change_places(void) {
    int fd = open("places", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(ftruncate(fd, 4 * 4096) == 0);
    char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (int i = 0; i < 4; i++) p[i * 4096] = i;
    CHECK(remap_file_pages(p, 4096, 0, 3, 0) == 0);
    CHECK(remap_file_pages(p + 3 * 4096, 4096, 0, 0, 0) == 0);
    CHECK(p[0] == 3 && p[4096] == 1 && p[2 * 4096] == 2 && p[3 * 4096] == 0);
    p[0] = 9;
    char byte;
    CHECK(pread(fd, &byte, 1, 3 * 4096) == 1 && byte == 9);
    FAILS(EINVAL, remap_file_pages(p, 4096, PROT_READ, 0, 0));
    FAILS(EINVAL, remap_file_pages(p, 0, 0, 0, 0));
    munmap(p, 4 * 4096);
    FAILS(EINVAL, remap_file_pages(p, 4096, 0, 0, 0));
    p = anonymous(4096, PROT_READ | PROT_WRITE);
    FAILS(EINVAL, remap_file_pages(p, 4096, 0, 0, 0));
    munmap(p, 4096);
    close(fd);
}

static void fork_copies_private_and_shares_shared(void) {
    char *mine = anonymous(1 << 20, PROT_READ | PROT_WRITE);
    char *ours = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(mine, 1, 1 << 20);
    int status = IN_CHILD({
        CHECK(mine[70000] == 1);
        for (int i = 0; i < 1 << 20; i += 4096) mine[i] = 2;
        ours[0] = 5;
    });
    CHECK(status == 0);
    for (int i = 0; i < 1 << 20; i += 4096)
        if (mine[i] != 1) { CHECK(!"the parent's own"); break; }
    CHECK(ours[0] == 5);
    mine[0] = 9;
    status = IN_CHILD({
        CHECK(mine[0] == 9);
        int inner = IN_CHILD({ mine[0] = 10; CHECK(mine[0] == 10 && mine[4096] == 1); });
        CHECK(inner == 0 && mine[0] == 9);
    });
    CHECK(status == 0 && mine[0] == 9);
    munmap(mine, 1 << 20), munmap(ours, 4096);
}

static void parent_writes_after_fork_are_its_own(void) {
    int pipes[2];
    char c, *p = anonymous(65536, PROT_READ | PROT_WRITE);
    memset(p, 'a', 65536);
    CHECK(pipe(pipes) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int good = read(pipes[0], &c, 1) == 1;
        for (int i = 0; i < 65536; i++) good &= p[i] == 'a';
        _exit(!good);
    }
    memset(p, 'b', 65536);
    CHECK(write(pipes[1], "g", 1) == 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(pipes[0]), close(pipes[1]), munmap(p, 65536);
}

static void mremap_moves_and_grows(void) {
    char *p = anonymous(8192, PROT_READ | PROT_WRITE);
    strcpy(p, "kept"), strcpy(p + 4096, "too");
    char *q = mremap(p, 8192, 1 << 20, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED && strcmp(q, "kept") == 0 && strcmp(q + 4096, "too") == 0 && q[8192] == 0);
    q[(1 << 20) - 1] = 1;
    CHECK(mremap(q, 1 << 20, 4096, 0) == q);
    CHECK(TOUCH(q[4096] = 1) == SIGSEGV);
    char *r = anonymous(4096, PROT_NONE);
    CHECK(mremap(q, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, r) == r && strcmp(r, "kept") == 0);
    FAILS(EFAULT, mremap(q, 4096, 8192, MREMAP_MAYMOVE));
    FAILS(EINVAL, mremap(r + 1, 4096, 8192, 0));
    FAILS(EINVAL, mremap(r, 4096, 0, 0));
    munmap(r, 4096);
}

static void brk_grows_and_shrinks(void) {
    char *start = sbrk(0);
    CHECK(sbrk(100000) == start);
    memset(start, 3, 100000);
    CHECK(sbrk(-100000) == start + 100000);
    CHECK(sbrk(100000) == start);
    CHECK(start[50000] == 0);
    CHECK(syscall(SYS_brk, 0) == (long)sbrk(0));
    CHECK(syscall(SYS_brk, -4096L) == (long)sbrk(0));
}

static void dont_need_gives_zeros_or_the_file(void) {
    char *p = anonymous(8192, PROT_READ | PROT_WRITE);
    memset(p, 1, 8192);
    CHECK(madvise(p, 4096, MADV_DONTNEED) == 0 && p[0] == 0 && p[4096] == 1);
    int fd = make_file("dn", "orig");
    char *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    q[0] = 'X';
    CHECK(madvise(q, 4096, MADV_DONTNEED) == 0 && q[0] == 'o');
    FAILS(EINVAL, madvise(p + 1, 4096, MADV_DONTNEED));
    FAILS(EINVAL, madvise(p, 4096, 9999));
    munmap(p, 8192), munmap(q, 4096), close(fd);
}

static int deep(int n) {
    volatile char room[4096];
    room[0] = (char)n;
    return n == 0 ? 0 : deep(n - 1) + (room[0] != (char)n);
}

static void stack_grows_lazily(void) {
    CHECK(deep(1000) == 0);
}

static void stack_overflow_is_sigsegv(void) {
    int status = IN_CHILD({
        signal(SIGSEGV, SIG_DFL);
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        deep(1 << 20);
    });
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void huge_reservations_cost_nothing(void) {
    char *p = mmap(NULL, (size_t)64 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(p != MAP_FAILED);
    CHECK(mprotect(p + ((size_t)32 << 30), 1 << 20, PROT_READ | PROT_WRITE) == 0);
    p[((size_t)32 << 30) + 5] = 1;
    CHECK(TOUCH(p[0] = 1) == SIGSEGV);
    CHECK(munmap(p, (size_t)64 << 30) == 0);
}

static void executable_memory_runs(void) {
    unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    unsigned char *p = (unsigned char *)anonymous(4096, PROT_READ | PROT_WRITE);
    memcpy(p, code, sizeof code);
    CHECK(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
    CHECK(((int (*)(void))p)() == 42);
    CHECK(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
    p[1] = 43;
    CHECK(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
    CHECK(((int (*)(void))p)() == 43);
    munmap(p, 4096);
}

static void calls_into_copy_on_write_memory(void) {
    int pipes[2];
    char *p = anonymous(8192, PROT_READ | PROT_WRITE);
    strcpy(p, "before");
    CHECK(pipe(pipes) == 0 && write(pipes[1], "after!", 6) == 6);
    int status = IN_CHILD({ CHECK(read(pipes[0], p, 6) == 6 && strcmp(p, "after!") == 0); });
    CHECK(status == 0 && strcmp(p, "before") == 0);
    int fd = make_file("cow", "file data");
    char *q = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    FAILS(EFAULT, read(fd, q, 1));
    close(fd), munmap(p, 8192);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL), sigaction(SIGBUS, &action, NULL);
    RUN(fresh_memory_is_zero_and_writable);
    RUN(protection_is_enforced);
    RUN(arguments_are_checked);
    RUN(fixed_mappings_replace);
    RUN(private_file_mapping_copies_on_write);
    RUN(shared_file_mapping_is_the_file);
    RUN(beyond_the_end_of_a_file_is_sigbus);
    RUN(what_is_cut_off_a_file_is_sigbus);
    RUN(a_file_that_is_cut_off_takes_pages_out_of_mappings);
    RUN(pages_of_a_shared_mapping_change_places);
    RUN(fork_copies_private_and_shares_shared);
    RUN(parent_writes_after_fork_are_its_own);
    RUN(mremap_moves_and_grows);
    RUN(brk_grows_and_shrinks);
    RUN(dont_need_gives_zeros_or_the_file);
    RUN(stack_grows_lazily);
    RUN(stack_overflow_is_sigsegv);
    RUN(huge_reservations_cost_nothing);
    RUN(executable_memory_runs);
    RUN(calls_into_copy_on_write_memory);
    DONE;
}
