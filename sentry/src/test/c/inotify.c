/* inotify(7): what happens to files, in the order in which it happens. */
#include "check.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/xattr.h>

static char text[8192];

static void put_name(char **at, uint32_t mask) {
    static const struct { uint32_t bit; const char *name; } names[] = {
        {IN_ACCESS, "access"}, {IN_MODIFY, "modify"}, {IN_ATTRIB, "attrib"}, {IN_CLOSE_WRITE, "closew"},
        {IN_CLOSE_NOWRITE, "close"}, {IN_OPEN, "open"}, {IN_MOVED_FROM, "from"}, {IN_MOVED_TO, "to"},
        {IN_CREATE, "create"}, {IN_DELETE, "delete"}, {IN_DELETE_SELF, "deleteself"}, {IN_MOVE_SELF, "moveself"},
        {IN_IGNORED, "ignored"}, {IN_Q_OVERFLOW, "overflow"}, {IN_UNMOUNT, "unmount"}, {IN_ISDIR, "dir"}};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (mask & names[i].bit) *at += sprintf(*at, "%s%s", (*at)[-1] == ':' ? "" : "+", names[i].name);
}

static uint32_t last_cookie;

/* All events that are there, as "wd:mask:name wd:mask" */
static const char *events(int fd) {
    static char buffer[65536] __attribute__((aligned(8)));
    char *at = text;
    *at = 0;
    last_cookie = 0;
    ssize_t length;
    while ((length = read(fd, buffer, sizeof buffer)) > 0) {
        for (char *p = buffer; p < buffer + length;) {
            struct inotify_event *e = (struct inotify_event *)p;
            if (at - text > 7000) break;
            if (at != text) *at++ = ' ';
            at += sprintf(at, "%d:", e->wd);
            put_name(&at, e->mask);
            if (e->len) at += sprintf(at, ":%s", e->name);
            if (e->cookie) {
                if (last_cookie && last_cookie != e->cookie) at += sprintf(at, "(other cookie)");
                last_cookie = e->cookie;
            }
            if (e->len % 16) at += sprintf(at, "(len %u)", e->len);
            p += sizeof *e + e->len;
        }
    }
    return text;
}

#define EVENTS(fd, wanted)                                                                                  \
    do {                                                                                                    \
        const char *got_ = events(fd);                                                                      \
        if (strcmp(got_, wanted)) {                                                                         \
            printf("%s: FAILED line %d: got \"%s\", wanted \"%s\"\n", current_case, __LINE__, got_, wanted); \
            failures++;                                                                                     \
        }                                                                                                   \
    } while (0)

static void a_directory_tells_of_its_files(void) {
    int in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(in >= 0 && mkdir("d", 0700) == 0);
    CHECK(inotify_add_watch(in, "d", IN_ALL_EVENTS) == 1);
    int fd = open("d/a", O_RDWR | O_CREAT, 0600);
    CHECK(write(fd, "hello", 5) == 5 && pread(fd, text, 5, 0) == 5);
    CHECK(ftruncate(fd, 2) == 0 && fchmod(fd, 0640) == 0);
    close(fd);
    EVENTS(in, "1:create:a 1:open:a 1:modify:a 1:access:a 1:modify:a 1:attrib:a 1:closew:a");
    fd = open("d/a", O_RDONLY);
    CHECK(read(fd, text, 10) == 2 && read(fd, text, 10) == 0);
    close(fd);
    EVENTS(in, "1:open:a 1:access:a 1:close:a");
    CHECK(mkdir("d/s", 0700) == 0 && symlink("a", "d/l") == 0 && link("d/a", "d/b") == 0 && mkfifo("d/f", 0600) == 0);
    EVENTS(in, "1:create+dir:s 1:create:l 1:create:b 1:create:f");
    CHECK(chmod("d/s", 0750) == 0 && rename("d/a", "d/c") == 0 && rename("d/s", "d/t") == 0);
    EVENTS(in, "1:attrib+dir:s 1:from:a 1:to:c 1:from+dir:s(other cookie) 1:to+dir:t");
    CHECK(unlink("d/b") == 0 && unlink("d/c") == 0 && rmdir("d/t") == 0 && unlink("d/l") == 0 && unlink("d/f") == 0);
    EVENTS(in, "1:delete:b 1:delete:c 1:delete+dir:t 1:delete:l 1:delete:f");
    CHECK(rmdir("d") == 0);
    EVENTS(in, "1:deleteself 1:ignored");
    FAILS(EINVAL, inotify_rm_watch(in, 1));
    close(in);
}

static void a_file_tells_of_itself(void) {
    int in = inotify_init1(IN_NONBLOCK), fd = make_file("f", "x");
    close(fd);
    int wd = inotify_add_watch(in, "f", IN_ALL_EVENTS);
    CHECK(wd == 1);
    fd = open("f", O_WRONLY | O_TRUNC);
    EVENTS(in, "1:open 1:modify");
    CHECK(link("f", "g") == 0);
    EVENTS(in, "1:attrib");
    CHECK(rename("f", "h") == 0);
    EVENTS(in, "1:moveself");
    CHECK(unlink("g") == 0);
    EVENTS(in, "1:attrib");
    CHECK(unlink("h") == 0);
    EVENTS(in, "1:attrib");
    CHECK(write(fd, "y", 1) == 1);
    EVENTS(in, "1:modify");
    close(fd);
    EVENTS(in, "1:closew 1:deleteself 1:ignored");
    fd = make_file("f", "x"), close(fd);
    fd = make_file("g", "y"), close(fd);
    CHECK(inotify_add_watch(in, "f", IN_ALL_EVENTS) == 2 && inotify_add_watch(in, "g", IN_ALL_EVENTS) == 3);
    CHECK(rename("f", "g") == 0);
    EVENTS(in, "3:attrib 2:moveself 3:deleteself 3:ignored");
    struct timespec both[2] = {{1, 0}, {2, 0}}, one[2] = {{1, 0}, {0, UTIME_OMIT}}, other[2] = {{0, UTIME_OMIT}, {2, 0}};
    CHECK(utimensat(AT_FDCWD, "g", both, 0) == 0 && utimensat(AT_FDCWD, "g", one, 0) == 0);
    CHECK(utimensat(AT_FDCWD, "g", other, 0) == 0 && truncate("g", 9) == 0);
    EVENTS(in, "2:attrib 2:access 2:modify");
    CHECK(inotify_rm_watch(in, 2) == 0);
    EVENTS(in, "2:ignored");
    CHECK(truncate("g", 0) == 0);
    EVENTS(in, "");
    close(in);
    unlink("g");
}

static void moves_between_directories_have_one_cookie(void) {
    int in = inotify_init1(IN_NONBLOCK);
    mkdir("a", 0700), mkdir("b", 0700), mkdir("a/x", 0700);
    close(make_file("b/f", "1")), close(make_file("a/f", "2"));
    CHECK(inotify_add_watch(in, "a", IN_MOVE | IN_DELETE) == 1 && inotify_add_watch(in, "b", IN_MOVE | IN_CREATE) == 2);
    CHECK(inotify_add_watch(in, "a/x", IN_MOVE_SELF) == 3);
    CHECK(rename("a/x", "b/y") == 0);
    EVENTS(in, "1:from+dir:x 2:to+dir:y 3:moveself");
    CHECK(last_cookie != 0);
    CHECK(rename("a/f", "b/f") == 0);
    EVENTS(in, "1:from:f 2:to:f");
    close(make_file("a/g", "3"));
    CHECK(syscall(SYS_renameat2, AT_FDCWD, "a/g", AT_FDCWD, "b/f", 2 /* RENAME_EXCHANGE */) == 0);
    EVENTS(in, "1:from:g 2:to:f 2:from:f(other cookie) 1:to:g");
    unlink("a/g"), unlink("b/f"), rmdir("b/y"), rmdir("a"), rmdir("b");
    close(in);
}

static void masks_and_flags_are_obeyed(void) {
    int in = inotify_init1(IN_NONBLOCK), fd;
    mkdir("m", 0700);
    close(make_file("m/f", "x"));
    CHECK(symlink("m", "link") == 0);
    FAILS(EINVAL, inotify_add_watch(in, "m", 0));
    FAILS(ENOENT, inotify_add_watch(in, "none", IN_OPEN));
    FAILS(ENOTDIR, inotify_add_watch(in, "m/f", IN_OPEN | IN_ONLYDIR));
    FAILS(EINVAL, inotify_add_watch(in, "m", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
    FAILS(EBADF, inotify_add_watch(-1, "m", IN_OPEN));
    FAILS(EINVAL, inotify_add_watch(1, "m", IN_OPEN));
    FAILS(EFAULT, inotify_add_watch(in, (char *)8, IN_OPEN));
    FAILS(EINVAL, inotify_init1(1));
    FAILS(EINVAL, inotify_rm_watch(in, 7));
    CHECK(inotify_add_watch(in, "link", IN_ATTRIB | IN_DONT_FOLLOW) == 1);
    CHECK(inotify_add_watch(in, "link", IN_CREATE | IN_ONLYDIR) == 2);
    CHECK(inotify_add_watch(in, "m", IN_DELETE | IN_MASK_ADD) == 2);
    FAILS(EEXIST, inotify_add_watch(in, "m", IN_DELETE | IN_MASK_CREATE));
    CHECK(unlink("m/f") == 0);
    EVENTS(in, "2:delete:f");
    close(make_file("m/f", "x"));
    EVENTS(in, "2:create:f");
    CHECK(inotify_add_watch(in, "m", IN_OPEN | IN_ONESHOT) == 2);
    fd = open("m/f", O_RDONLY), close(fd);
    fd = open("m/f", O_RDONLY), close(fd);
    EVENTS(in, "2:open:f 2:ignored");
    CHECK(inotify_add_watch(in, "m", IN_MODIFY | IN_EXCL_UNLINK) == 3);
    fd = open("m/f", O_RDWR);
    CHECK(write(fd, "x", 1) == 1 && unlink("m/f") == 0 && write(fd, "x", 1) == 1);
    close(fd);
    EVENTS(in, "3:modify:f");
    fd = make_file("m/f", NULL);
    CHECK(inotify_add_watch(in, "m", IN_MODIFY) == 3 && unlink("m/f") == 0 && write(fd, "x", 1) == 1);
    close(fd);
    EVENTS(in, "3:modify:f");
    unlink("link"), rmdir("m");
    close(in);
}

static void equal_events_become_one(void) {
    int in = inotify_init1(IN_NONBLOCK);
    int fd = make_file("e", "x");
    CHECK(inotify_add_watch(in, "e", IN_MODIFY | IN_ACCESS) == 1);
    for (int i = 0; i < 5; i++) CHECK(pwrite(fd, "x", 1, 0) == 1);
    CHECK(pread(fd, text, 1, 0) == 1 && pwrite(fd, "x", 1, 0) == 1);
    int bytes = -1;
    CHECK(ioctl(in, FIONREAD, &bytes) == 0 && bytes == 48);
    EVENTS(in, "1:modify 1:access 1:modify");
    CHECK(ioctl(in, FIONREAD, &bytes) == 0 && bytes == 0);
    close(fd), unlink("e"), close(in);
}

static void reading_takes_whole_events(void) {
    int in = inotify_init();
    mkdir("r", 0700);
    CHECK(inotify_add_watch(in, "r", IN_CREATE | IN_DELETE) == 1);
    struct pollfd p = {in, POLLIN, 0};
    CHECK(poll(&p, 1, 0) == 0);
    close(make_file("r/file", NULL)), close(make_file("r/a-name-of-sixteen", NULL));
    CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
    FAILS(EINVAL, read(in, text, 31));
    struct inotify_event *e = (struct inotify_event *)text;
    CHECK(read(in, text, 79) == 32 && e->len == 16 && strcmp(e->name, "file") == 0);
    CHECK(read(in, text, sizeof text) == 48 && e->len == 32 && strcmp(e->name, "a-name-of-sixteen") == 0);
    pid_t child = fork();
    if (child == 0) usleep(20000), _exit(unlink("r/file") != 0);
    CHECK(read(in, text, sizeof text) == 32 && e->mask == IN_DELETE);
    waitpid(child, NULL, 0);
    FAILS(EBADF, write(in, "x", 1));
    char name[64];
    sprintf(name, "/proc/self/fd/%d", in);
    ssize_t length = readlink(name, text, sizeof text);
    CHECK(length == 18 && memcmp(text, "anon_inode:inotify", 18) == 0);
    unlink("r/a-name-of-sixteen"), rmdir("r"), close(in);
}

static void copies_listings_and_programs_are_seen(void) {
    int in = inotify_init1(IN_NONBLOCK);
    mkdir("c", 0700);
    int from = make_file("c/from", "content"), to = make_file("c/to", NULL);
    CHECK(inotify_add_watch(in, "c", IN_ACCESS | IN_MODIFY | IN_ATTRIB) == 1);
    CHECK(copy_file_range(from, NULL, to, NULL, 7, 0) == 7);
    EVENTS(in, "1:access:from 1:modify:to");
    CHECK(fallocate(to, 0, 0, 100) == 0 || errno == EOPNOTSUPP);
    EVENTS(in, "1:modify:to");
    CHECK(setxattr("c/to", "user.x", "1", 1, 0) == 0 || errno == EOPNOTSUPP);
    events(in);
    CHECK(syscall(SYS_getdents64, open("c", O_RDONLY | O_DIRECTORY), text, sizeof text) > 0);
    EVENTS(in, "1:access+dir");
    close(from), close(to), unlink("c/from"), unlink("c/to"), rmdir("c"), close(in);
}

static void too_many_events_say_so_once(void) {
    int in = inotify_init1(IN_NONBLOCK), limit = 16384;
    FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    CHECK(f && fscanf(f, "%d", &limit) == 1);
    if (f) fclose(f);
    int fd = make_file("o", "x");
    CHECK(inotify_add_watch(in, "o", IN_MODIFY | IN_ACCESS) == 1);
    for (int i = 0; i < limit && i < 20000; i++) {
        if (pwrite(fd, "x", 1, 0) != 1 || pread(fd, text, 1, 0) != 1) break;
    }
    int bytes = 0, count = 0, overflows = 0;
    CHECK(ioctl(in, FIONREAD, &bytes) == 0 && bytes == (limit + 1) * 16);
    ssize_t length;
    while ((length = read(in, text, sizeof text)) > 0)
        for (ssize_t at = 0; at < length; at += 16, count++)
            overflows += ((struct inotify_event *)(text + at))->mask == IN_Q_OVERFLOW;
    CHECK(count == limit + 1 && overflows == 1);
    close(fd), unlink("o"), close(in);
}

static void many_instances_are_refused(void) {
    int fds[5000], made = 0;
    while (made < 5000 && (fds[made] = inotify_init1(IN_CLOEXEC)) >= 0) made++;
    CHECK(made < 5000 && errno == EMFILE);
    for (int i = 0; i < made; i++) close(fds[i]);
    int in = -1;
    for (int i = 0; i < 100 && in < 0; i++) usleep(1000), in = inotify_init(); /* Linux frees them a little later */
    CHECK(in >= 0);
    close(in);
}

static void unmounting_ends_watches(void) {
    int in = inotify_init1(IN_NONBLOCK);
    mkdir("mount", 0700);
    if (mount("none", "mount", "tmpfs", 0, NULL) != 0) { /* CAP_SYS_ADMIN is not for everybody */
        CHECK(errno == EPERM);
    } else {
        mkdir("mount/d", 0700);
        CHECK(inotify_add_watch(in, "mount/d", IN_CREATE) == 1 && inotify_add_watch(in, ".", IN_CREATE) == 2);
        CHECK(umount("mount") == 0);
        EVENTS(in, "1:unmount+dir 1:ignored");
    }
    rmdir("mount"), close(in);
}

int main(void) {
    RUN(a_directory_tells_of_its_files);
    RUN(a_file_tells_of_itself);
    RUN(moves_between_directories_have_one_cookie);
    RUN(masks_and_flags_are_obeyed);
    RUN(equal_events_become_one);
    RUN(reading_takes_whole_events);
    RUN(copies_listings_and_programs_are_seen);
    RUN(too_many_events_say_so_once);
    RUN(many_instances_are_refused);
    RUN(unmounting_ends_watches);
    DONE;
}
