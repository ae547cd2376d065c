/* open(2), close(2), close_range(2), dup(2), fcntl(2). */
#include "check.h"
#include <sys/file.h>

static void lowest_free_descriptor(void) {
    int a = open(".", O_RDONLY), b = open(".", O_RDONLY);
    CHECK(b == a + 1);
    close(a);
    CHECK(open(".", O_RDONLY) == a);
    close(a), close(b);
    FAILS(EBADF, close(b));
}

static void flags_of_open(void) {
    FAILS(ENOENT, open("missing", O_RDONLY));
    FAILS(ENOENT, open("", O_RDONLY));
    FAILS(EFAULT, open((char *)8, O_RDONLY));
    int fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0);
    FAILS(EEXIST, open("f", O_RDWR | O_CREAT | O_EXCL, 0600));
    FAILS(ENOTDIR, open("f", O_RDONLY | O_DIRECTORY));
    FAILS(ENOTDIR, open("f/x", O_RDONLY));
    FAILS(EISDIR, open(".", O_WRONLY));
    FAILS(EISDIR, open(".", O_RDONLY | O_CREAT, 0600));
    CHECK(write(fd, "abc", 3) == 3);
    close(open("f", O_WRONLY | O_TRUNC));
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && st.st_size == 0);
    CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
    close(fd);
}

static void symlinks_of_open(void) {
    close(make_file("target", "x"));
    CHECK(symlink("target", "link") == 0);
    CHECK(symlink("loop", "loop") == 0);
    CHECK(symlink("created-through-link", "dangling") == 0);
    int fd = open("link", O_RDONLY);
    CHECK(fd >= 0);
    close(fd);
    FAILS(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
    FAILS(ELOOP, open("loop", O_RDONLY));
    FAILS(EEXIST, open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
    fd = open("dangling", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && access("created-through-link", F_OK) == 0);
    close(fd);
    fd = open("link", O_PATH | O_NOFOLLOW);
    struct stat st;
    CHECK(fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode));
    FAILS(EBADF, read(fd, &st, 1));
    close(fd);
}

static void long_names(void) {
    char name[300];
    memset(name, 'n', 299), name[299] = 0;
    FAILS(ENAMETOOLONG, open(name, O_RDWR | O_CREAT, 0600));
    name[255] = 0;
    int fd = open(name, O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0);
    close(fd);
    CHECK(unlink(name) == 0);
    char *path = malloc(5000);
    memset(path, '/', 4999), path[4999] = 0;
    FAILS(ENAMETOOLONG, open(path, O_RDONLY));
    free(path);
}

static void openat_starts_at_a_directory(void) {
    CHECK(mkdir("dir", 0755) == 0);
    int dir = open("dir", O_RDONLY | O_DIRECTORY);
    int fd = openat(dir, "inner", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && access("dir/inner", F_OK) == 0);
    FAILS(ENOTDIR, openat(fd, "x", O_RDONLY));
    FAILS(EBADF, openat(-1, "x", O_RDONLY));
    int absolute = openat(-1, "/", O_RDONLY);
    CHECK(absolute >= 0);
    close(dir), close(fd), close(absolute);
}

static void dup_family(void) {
    int fd = make_file("d", "abc");
    CHECK(dup2(fd, 50) == 50);
    CHECK(dup2(fd, fd) == fd);
    FAILS(EBADF, dup2(999, 51));
    FAILS(EBADF, dup2(fd, -1));
    FAILS(EINVAL, dup3(fd, fd, 0));
    CHECK(dup3(fd, 51, O_CLOEXEC) == 51);
    CHECK(fcntl(51, F_GETFD) == FD_CLOEXEC);
    CHECK(fcntl(50, F_GETFD) == 0);
    CHECK(fcntl(fd, F_DUPFD, 60) == 60);
    CHECK(fcntl(fd, F_DUPFD_CLOEXEC, 60) == 61 && fcntl(61, F_GETFD) == FD_CLOEXEC);
    CHECK(fcntl(51, F_SETFD, 0) == 0);
    CHECK(dup2(51, 51) == 51);
    for (int i = 50; i < 62; i++) close(i);
    close(fd);
}

static void dup2_onto_itself_keeps_close_on_exec(void) {
    int fd = open(".", O_RDONLY | O_CLOEXEC);
    CHECK(dup2(fd, fd) == fd);
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
    close(fd);
}

static void status_flags(void) {
    int fd = make_file("s", NULL);
    int flags = fcntl(fd, F_GETFL);
    CHECK(fcntl(fd, F_SETFL, flags | O_APPEND | O_NONBLOCK) == 0);
    CHECK((fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK)) == (O_APPEND | O_NONBLOCK));
    CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
    FAILS(EINVAL, fcntl(fd, 9999));
    close(fd);
}

static void close_range_closes_a_range(void) {
    for (int i = 40; i < 45; i++) CHECK(dup2(1, i) == i);
    CHECK(syscall(SYS_close_range, 41, 43, 0) == 0);
    CHECK(fcntl(40, F_GETFD) == 0 && fcntl(44, F_GETFD) == 0);
    FAILS(EBADF, fcntl(42, F_GETFD));
    CHECK(syscall(SYS_close_range, 40, 50, 4 /* CLOSE_RANGE_CLOEXEC */) == 0);
    CHECK(fcntl(44, F_GETFD) == FD_CLOEXEC);
    FAILS(EINVAL, syscall(SYS_close_range, 50, 40, 0));
    close(40), close(44);
}

static void unlinked_file_lives_while_open(void) {
    char got[4] = {0};
    int fd = make_file("gone", "abc");
    CHECK(unlink("gone") == 0);
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
    CHECK(write(fd, "x", 1) == 1);
    CHECK(pread(fd, got, 3, 0) == 3 && got[0] == 'x');
    close(fd);
}

static void temporary_file_without_a_name(void) {
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    CHECK(fd >= 0 && write(fd, "tmp", 3) == 3);
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 3);
    close(fd);
}

static void record_locks(void) {
    int fd = make_file("lock", "0123456789");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
    CHECK(fcntl(fd, F_SETLK, &lock) == 0);
    int status = IN_CHILD({
        int mine = open("lock", O_RDWR);
        struct flock other = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
        FAILS(EAGAIN, fcntl(mine, F_SETLK, &other));
        CHECK(fcntl(mine, F_GETLK, &other) == 0);
        CHECK(other.l_type == F_WRLCK && other.l_start == 2 && other.l_len == 3 && other.l_pid == getppid());
        other = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 2};
        CHECK(fcntl(mine, F_SETLK, &other) == 0);
    });
    CHECK(status == 0);
    lock.l_type = F_UNLCK;
    CHECK(fcntl(fd, F_SETLK, &lock) == 0);
    close(fd);
}

static void flock_belongs_to_the_open_file(void) {
    int a = make_file("flock", ""), b = open("flock", O_RDWR);
    CHECK(flock(a, LOCK_EX | LOCK_NB) == 0);
    FAILS(EWOULDBLOCK, flock(b, LOCK_SH | LOCK_NB));
    CHECK(flock(a, LOCK_UN) == 0);
    CHECK(flock(b, LOCK_SH | LOCK_NB) == 0);
    CHECK(flock(a, LOCK_SH | LOCK_NB) == 0);
    close(a), close(b);
}

static void open_files_are_limited(void) {
    int status = IN_CHILD({
        struct { unsigned long soft, hard; } limit = {10, 10};
        CHECK(syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, &limit, NULL) == 0);
        int last = -1, fd;
        while ((fd = dup(1)) >= 0) last = fd;
        CHECK(errno == EMFILE && last == 9);
    });
    CHECK(status == 0);
}

int main(void) {
    RUN(lowest_free_descriptor);
    RUN(flags_of_open);
    RUN(symlinks_of_open);
    RUN(long_names);
    RUN(openat_starts_at_a_directory);
    RUN(dup_family);
    RUN(dup2_onto_itself_keeps_close_on_exec);
    RUN(status_flags);
    RUN(close_range_closes_a_range);
    RUN(unlinked_file_lives_while_open);
    RUN(temporary_file_without_a_name);
    RUN(record_locks);
    RUN(flock_belongs_to_the_open_file);
    RUN(open_files_are_limited);
    DONE;
}
