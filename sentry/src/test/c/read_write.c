/* read(2), write(2), pread(2), readv(2), preadv2(2), lseek(2), sendfile(2), copy_file_range(2). */
#include "check.h"
#include <sys/sendfile.h>
#include <sys/uio.h>

static void read_gives_what_was_written(void) {
    char got[16] = {0};
    int fd = make_file("a", NULL);
    CHECK(write(fd, "hello", 5) == 5);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK(read(fd, got, sizeof got) == 5);
    CHECK(memcmp(got, "hello", 5) == 0);
    CHECK(read(fd, got, sizeof got) == 0);
    close(fd);
}

static void bad_descriptors_and_addresses(void) {
    int fd = make_file("a", "0123456789");
    int only_write = open("a", O_WRONLY), only_read = open("a", O_RDONLY);
    char c;
    FAILS(EBADF, read(-1, &c, 1));
    FAILS(EBADF, read(9999, &c, 1));
    FAILS(EBADF, read(only_write, &c, 1));
    FAILS(EBADF, write(only_read, "x", 1));
    FAILS(EFAULT, read(fd, (void *)8, 1));
    FAILS(EFAULT, write(fd, (void *)-1, 1));
    FAILS(EFAULT, write(fd, (void *)0xffff800000000000, 16));
    CHECK(read(fd, (void *)8, 0) == 0);
    FAILS(EISDIR, read(open(".", O_RDONLY), &c, 1));
    close(fd), close(only_write), close(only_read);
}

static void partial_copy_counts_what_was_copied(void) {
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = make_file("partial", NULL);
    memset(page, 'x', 4096);
    CHECK(mprotect(page + 4096, 4096, PROT_NONE) == 0);
    CHECK(write(fd, page + 4090, 20) == 6);
    struct iovec two[2] = {{page, 10}, {page + 4096, 10}};
    CHECK(writev(fd, two, 2) == 10);
    CHECK(pread(fd, page + 4090, 20, 0) == 6);
    close(fd);
    munmap(page, 8192);
}

static void positions_are_shared_by_dup_and_not_by_open(void) {
    char c;
    int fd = make_file("p", "abcdef"), same = dup(fd), other = open("p", O_RDONLY);
    CHECK(read(fd, &c, 1) == 1 && c == 'a');
    CHECK(read(same, &c, 1) == 1 && c == 'b');
    CHECK(read(other, &c, 1) == 1 && c == 'a');
    close(fd), close(same), close(other);
}

static void pread_and_pwrite_leave_the_position(void) {
    char got[8] = {0};
    int fd = make_file("a", "abcdef");
    CHECK(pread(fd, got, 2, 3) == 2 && got[0] == 'd');
    CHECK(pwrite(fd, "XY", 2, 1) == 2);
    CHECK(lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(read(fd, got, 6) == 6 && memcmp(got, "aXYdef", 6) == 0);
    FAILS(EINVAL, pread(fd, got, 1, -1));
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    FAILS(ESPIPE, pread(pipes[0], got, 1, 0));
    FAILS(ESPIPE, lseek(pipes[0], 0, SEEK_CUR));
    close(fd), close(pipes[0]), close(pipes[1]);
}

static void lseek_whence(void) {
    int fd = make_file("a", "abcdef");
    CHECK(lseek(fd, 2, SEEK_SET) == 2);
    CHECK(lseek(fd, 2, SEEK_CUR) == 4);
    CHECK(lseek(fd, -1, SEEK_END) == 5);
    CHECK(lseek(fd, 100, SEEK_SET) == 100);
    FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
    FAILS(EINVAL, lseek(fd, 0, 77));
    CHECK(lseek(fd, 0, SEEK_DATA) == 0);
    CHECK(lseek(fd, 0, SEEK_HOLE) == 6);
    FAILS(ENXIO, lseek(fd, 6, SEEK_DATA));
    close(fd);
}

static void write_beyond_the_end_leaves_a_hole_of_zeros(void) {
    char got[4096];
    int fd = make_file("hole", NULL);
    CHECK(pwrite(fd, "x", 1, 100000) == 1);
    CHECK(pread(fd, got, sizeof got, 50000) == sizeof got);
    for (size_t i = 0; i < sizeof got; i++)
        if (got[i]) { CHECK(!"zero"); break; }
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && st.st_size == 100001);
    close(fd);
}

static void append_always_writes_at_the_end(void) {
    char got[8] = {0};
    int fd = make_file("a", "abc");
    int append = open("a", O_WRONLY | O_APPEND);
    CHECK(lseek(append, 0, SEEK_SET) == 0);
    CHECK(write(append, "d", 1) == 1);
    CHECK(lseek(append, 0, SEEK_CUR) == 4);
    CHECK(pread(fd, got, 8, 0) == 4 && memcmp(got, "abcd", 4) == 0);
    close(fd), close(append);
}

static void vectors(void) {
    char a[3] = {0}, b[4] = {0};
    int fd = make_file("v", NULL);
    struct iovec out[3] = {{"abc", 3}, {NULL, 0}, {"defg", 4}};
    CHECK(writev(fd, out, 3) == 7);
    struct iovec in[2] = {{a, 3}, {b, 4}};
    CHECK(preadv(fd, in, 2, 0) == 7 && memcmp(a, "abc", 3) == 0 && memcmp(b, "defg", 4) == 0);
    CHECK(pwritev(fd, out, 1, 4) == 3);
    CHECK(preadv2(fd, in, 2, 1, 0) == 6);
    FAILS(EINVAL, readv(fd, in, -1));
    FAILS(EINVAL, readv(fd, in, 1025));
    CHECK(readv(fd, in, 0) == 0);
    struct iovec huge[2] = {{a, 1}, {b, (size_t)-1}};
    FAILS(EINVAL, readv(fd, huge, 2));
    FAILS(EFAULT, readv(fd, (void *)8, 1));
    close(fd);
}

static void large_writes_arrive_whole(void) {
    enum { SIZE = 3 << 20 };
    char *data = malloc(SIZE), *got = malloc(SIZE);
    for (int i = 0; i < SIZE; i++) data[i] = (char)(i * 31 + (i >> 12));
    int fd = make_file("large", NULL);
    CHECK(write(fd, data, SIZE) == SIZE);
    CHECK(pread(fd, got, SIZE, 0) == SIZE);
    CHECK(memcmp(data, got, SIZE) == 0);
    free(data), free(got), close(fd);
}

static void sendfile_copies_from_file_to_pipe(void) {
    char got[16] = {0};
    int fd = make_file("s", "0123456789"), pipes[2];
    off_t offset = 2;
    CHECK(pipe(pipes) == 0);
    CHECK(sendfile(pipes[1], fd, &offset, 5) == 5 && offset == 7);
    CHECK(read(pipes[0], got, 16) == 5 && memcmp(got, "23456", 5) == 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(sendfile(pipes[1], fd, NULL, 100) == 10);
    close(fd), close(pipes[0]), close(pipes[1]);
}

static void copy_file_range_copies_between_files(void) {
    char got[16] = {0};
    int from = make_file("from", "0123456789"), to = make_file("to", NULL);
    off_t in = 3;
    CHECK(copy_file_range(from, &in, to, NULL, 4, 0) == 4 && in == 7);
    CHECK(pread(to, got, 16, 0) == 4 && memcmp(got, "3456", 4) == 0);
    FAILS(EINVAL, copy_file_range(from, &in, to, NULL, 4, 1));
    close(from), close(to);
}

int main(void) {
    RUN(read_gives_what_was_written);
    RUN(bad_descriptors_and_addresses);
    RUN(partial_copy_counts_what_was_copied);
    RUN(positions_are_shared_by_dup_and_not_by_open);
    RUN(pread_and_pwrite_leave_the_position);
    RUN(lseek_whence);
    RUN(write_beyond_the_end_leaves_a_hole_of_zeros);
    RUN(append_always_writes_at_the_end);
    RUN(vectors);
    RUN(large_writes_arrive_whole);
    RUN(sendfile_copies_from_file_to_pipe);
    RUN(copy_file_range_copies_between_files);
    DONE;
}
