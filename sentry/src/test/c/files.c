/* stat(2), directories, links, rename(2), ownership, times, sizes and extended attributes. */
#include "check.h"
#include <dirent.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/xattr.h>

static void stat_shows_type_size_and_mode(void) {
    struct stat st;
    umask(022);
    int fd = open("f", O_RDWR | O_CREAT, 0666);
    CHECK(write(fd, "12345", 5) == 5);
    CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0644 && st.st_size == 5);
    CHECK(st.st_nlink == 1 && st.st_uid == geteuid() && st.st_blksize > 0);
    CHECK(stat(".", &st) == 0 && S_ISDIR(st.st_mode));
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
    FAILS(ENOENT, stat("nope", &st));
    FAILS(ENOENT, stat("", &st));
    CHECK(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && st.st_size == 5);
    FAILS(EFAULT, stat("f", (void *)8));
    FAILS(EBADF, fstat(-1, &st));
    close(fd);
}

static void statx_agrees_with_stat(void) {
    struct statx sx;
    struct stat st;
    close(make_file("sx", "abc"));
    CHECK(statx(AT_FDCWD, "sx", 0, STATX_ALL, &sx) == 0);
#ifdef STATX_MNT_ID
    struct statx root;
    CHECK(statx(AT_FDCWD, "sx", 0, STATX_MNT_ID, &sx) == 0 && (sx.stx_mask & STATX_MNT_ID) && sx.stx_mnt_id != 0);
    CHECK(statx(AT_FDCWD, "/proc", 0, STATX_MNT_ID, &root) == 0 && root.stx_mnt_id != sx.stx_mnt_id);
    CHECK((root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) && (root.stx_attributes & STATX_ATTR_MOUNT_ROOT));
    CHECK(!(sx.stx_attributes & STATX_ATTR_MOUNT_ROOT));
    CHECK(statx(AT_FDCWD, "", AT_EMPTY_PATH, STATX_ALL, &root) == 0 && S_ISDIR(root.stx_mode));
    CHECK(statx(AT_FDCWD, "sx", 0, STATX_ALL, &sx) == 0);
#endif
    CHECK(stat("sx", &st) == 0);
    CHECK(sx.stx_size == 3 && sx.stx_ino == st.st_ino && sx.stx_mode == st.st_mode && sx.stx_nlink == 1);
    CHECK(sx.stx_mtime.tv_sec == st.st_mtim.tv_sec);
}

static void directories_are_made_and_removed(void) {
    struct stat st;
    CHECK(mkdir("d", 0755) == 0);
    FAILS(EEXIST, mkdir("d", 0755));
    CHECK(stat("d", &st) == 0 && st.st_nlink >= 1);
    CHECK(mkdir("d/e", 0700) == 0);
    FAILS(ENOTEMPTY, rmdir("d"));
    FAILS(ENOENT, mkdir("no/such", 0755));
    FAILS(ENOTDIR, rmdir("f"));
    FAILS(EINVAL, rmdir("d/."));
    CHECK(rmdir("d/e") == 0 && rmdir("d") == 0);
    FAILS(ENOENT, rmdir("d"));
    FAILS(EISDIR, unlink("."));
}

static void getdents_lists_every_name_once(void) {
    char name[32];
    int seen[200] = {0}, others = 0;
    CHECK(mkdir("many", 0755) == 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "many/n%d", i);
        close(make_file(name, NULL));
    }
    DIR *dir = opendir("many");
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == 'n') seen[atoi(e->d_name + 1)]++;
        else others++;
    }
    CHECK(others == 2);
    for (int i = 0; i < 200; i++)
        if (seen[i] != 1) { CHECK(!"each once"); break; }
    rewinddir(dir);
    int count = 0;
    while (readdir(dir)) count++;
    CHECK(count == 202);
    closedir(dir);
    char buffer[4];
    int fd = open("many", O_RDONLY);
    FAILS(EINVAL, syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    close(fd);
}

static void removing_while_listing_skips_nothing(void) {
    int removed = 0;
    DIR *dir = opendir("many");
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] == 'n') removed += unlinkat(dirfd(dir), e->d_name, 0) == 0;
    closedir(dir);
    CHECK(removed == 200);
    CHECK(rmdir("many") == 0);
}

static void working_directory(void) {
    char before[PATH_MAX], inside[PATH_MAX];
    CHECK(getcwd(before, sizeof before) != NULL);
    CHECK(mkdir("w", 0755) == 0 && chdir("w") == 0);
    CHECK(getcwd(inside, sizeof inside) != NULL && strcmp(inside + strlen(before), "/w") == 0);
    FAILS(ERANGE, syscall(SYS_getcwd, inside, 1));
    CHECK(rmdir("../w") == 0);
    FAILS(ENOENT, syscall(SYS_getcwd, inside, sizeof inside));
    FAILS(ENOENT, open("x", O_CREAT | O_RDWR, 0600));
    CHECK(chdir(before) == 0);
    FAILS(ENOENT, chdir("missing"));
    FAILS(ENOTDIR, chdir("f"));
    int fd = open("/", O_RDONLY);
    CHECK(fchdir(fd) == 0 && getcwd(inside, sizeof inside) && strcmp(inside, "/") == 0);
    CHECK(chdir("..") == 0 && getcwd(inside, sizeof inside) && strcmp(inside, "/") == 0);
    CHECK(chdir(before) == 0);
    close(fd);
}

static void hard_links_share_one_file(void) {
    struct stat a, b;
    close(make_file("one", "1"));
    CHECK(link("one", "two") == 0);
    CHECK(stat("one", &a) == 0 && stat("two", &b) == 0 && a.st_ino == b.st_ino && a.st_nlink == 2);
    FAILS(EEXIST, link("one", "two"));
    FAILS(EPERM, link(".", "dirlink"));
    CHECK(unlink("one") == 0);
    CHECK(stat("two", &b) == 0 && b.st_nlink == 1);
    CHECK(unlink("two") == 0);
}

static void symbolic_links(void) {
    char target[16];
    CHECK(symlink("somewhere", "sl") == 0);
    CHECK(readlink("sl", target, sizeof target) == 9 && memcmp(target, "somewhere", 9) == 0);
    CHECK(readlink("sl", target, 4) == 4);
    FAILS(EINVAL, readlink("f", target, sizeof target));
    FAILS(EINVAL, readlink("sl", target, 0));
    FAILS(EEXIST, symlink("x", "sl"));
    FAILS(ENOENT, symlink("", "empty"));
    struct stat st;
    CHECK(lstat("sl", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 9);
    FAILS(ENOENT, stat("sl", &st));
    CHECK(unlink("sl") == 0);
}

static void rename_replaces_and_refuses(void) {
    struct stat st;
    close(make_file("r1", "one")), close(make_file("r2", "two!"));
    CHECK(rename("r1", "r2") == 0);
    CHECK(stat("r2", &st) == 0 && st.st_size == 3);
    FAILS(ENOENT, stat("r1", &st));
    CHECK(mkdir("rd", 0755) == 0 && mkdir("rd/sub", 0755) == 0 && mkdir("re", 0755) == 0);
    FAILS(EISDIR, rename("r2", "rd"));
    FAILS(ENOTDIR, rename("rd", "r2"));
    FAILS(EINVAL, rename("rd", "rd/sub/x"));
    FAILS(ENOTEMPTY, rename("re", "rd"));
    CHECK(rename("rd", "re") == 0);
    CHECK(access("re/sub", F_OK) == 0);
    CHECK(rename("r2", "r2") == 0);
    close(make_file("r3", "three"));
    FAILS(EEXIST, syscall(SYS_renameat2, AT_FDCWD, "r2", AT_FDCWD, "r3", 1));
    CHECK(syscall(SYS_renameat2, AT_FDCWD, "r2", AT_FDCWD, "r3", 2) == 0);
    CHECK(stat("r2", &st) == 0 && st.st_size == 5);
    CHECK(rmdir("re/sub") == 0 && rmdir("re") == 0 && unlink("r2") == 0 && unlink("r3") == 0);
}

static void modes_and_owners(void) {
    struct stat st;
    close(make_file("m", NULL));
    CHECK(chmod("m", 04751) == 0 && stat("m", &st) == 0 && (st.st_mode & 07777) == 04751);
    int fd = open("m", O_RDWR);
    CHECK(fchmod(fd, 0640) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640);
    CHECK(umask(077) == 022);
    int other = open("m2", O_RDWR | O_CREAT, 0777);
    CHECK(fstat(other, &st) == 0 && (st.st_mode & 07777) == 0700);
    CHECK(umask(022) == 077);
    CHECK(chown("m", 1000, 1001) == 0 && stat("m", &st) == 0 && st.st_uid == 1000 && st.st_gid == 1001);
    CHECK(chown("m", -1, 5) == 0 && stat("m", &st) == 0 && st.st_uid == 1000 && st.st_gid == 5);
    close(fd), close(other);
}

static void permissions_hold_for_ordinary_users(void) {
    CHECK(chmod(".", 0755) == 0);
    close(make_file("secret", "s"));
    CHECK(chmod("secret", 0600) == 0);
    CHECK(mkdir("closed", 0700) == 0);
    CHECK(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0);
    close(make_file("sticky/theirs", NULL));
    int status = IN_CHILD({
        CHECK(setgid(1000) == 0 && setuid(1000) == 0);
        FAILS(EACCES, open("secret", O_RDONLY));
        FAILS(EACCES, open("closed/x", O_RDONLY));
        FAILS(EACCES, open("new", O_CREAT | O_RDWR, 0600));
        FAILS(EPERM, chmod("secret", 0666));
        FAILS(EPERM, chown("secret", 1000, 1000));
        FAILS(EPERM, unlink("sticky/theirs"));
        FAILS(EACCES, access("secret", R_OK));
        int mine = open("sticky/mine", O_CREAT | O_RDWR, 0600);
        CHECK(mine >= 0 && unlink("sticky/mine") == 0);
        FAILS(EPERM, setuid(0));
    });
    CHECK(status == 0);
}

static void times_are_set(void) {
    struct stat st;
    close(make_file("t", NULL));
    struct timespec times[2] = {{1000, 500}, {2000, 700}};
    CHECK(utimensat(AT_FDCWD, "t", times, 0) == 0 && stat("t", &st) == 0);
    CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 500 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 700);
    times[0].tv_nsec = UTIME_OMIT, times[1].tv_nsec = UTIME_NOW;
    CHECK(utimensat(AT_FDCWD, "t", times, 0) == 0 && stat("t", &st) == 0);
    CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec > 1000000);
    times[0].tv_nsec = 1000000000;
    FAILS(EINVAL, utimensat(AT_FDCWD, "t", times, 0));
    struct timeval tv[2] = {{10, 20}, {30, 40}};
    CHECK(utimes("t", tv) == 0 && stat("t", &st) == 0 && st.st_mtim.tv_nsec == 40000);
}

static void sizes_change(void) {
    char got[16] = {0};
    struct stat st;
    int fd = make_file("size", "0123456789");
    CHECK(ftruncate(fd, 4) == 0 && fstat(fd, &st) == 0 && st.st_size == 4);
    CHECK(ftruncate(fd, 8) == 0);
    CHECK(pread(fd, got, 16, 0) == 8 && memcmp(got, "0123\0\0\0\0", 8) == 0);
    FAILS(EINVAL, ftruncate(fd, -1));
    CHECK(truncate("size", 2) == 0 && stat("size", &st) == 0 && st.st_size == 2);
    FAILS(EISDIR, truncate(".", 0));
    FAILS(EINVAL, ftruncate(open("size", O_RDONLY), 1));
    CHECK(fallocate(fd, 0, 0, 100) == 0 && fstat(fd, &st) == 0 && st.st_size == 100);
    CHECK(fallocate(fd, 1 /* KEEP_SIZE */, 0, 10000) == 0 && fstat(fd, &st) == 0 && st.st_size == 100);
    CHECK(pwrite(fd, "full", 4, 0) == 4);
    CHECK(fallocate(fd, 3 /* PUNCH_HOLE | KEEP_SIZE */, 0, 2) == 0);
    CHECK(pread(fd, got, 4, 0) == 4 && memcmp(got, "\0\0ll", 4) == 0);
    FAILS(EINVAL, fallocate(fd, 0, -1, 10));
    CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
    close(fd);
}

static void access_checks(void) {
    close(make_file("acc", NULL));
    CHECK(chmod("acc", 0600) == 0);
    CHECK(access("acc", R_OK | W_OK) == 0);
    FAILS(EACCES, access("acc", X_OK));
    FAILS(ENOENT, access("none", F_OK));
    FAILS(EINVAL, access("acc", 8));
}

static void nodes(void) {
    struct stat st;
    CHECK(mkfifo("fifo", 0644) == 0 && stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK(mknod("node", S_IFREG | 0600, 0) == 0 && stat("node", &st) == 0 && S_ISREG(st.st_mode));
    FAILS(EEXIST, mknod("node", S_IFREG | 0600, 0));
    int reader = open("fifo", O_RDONLY | O_NONBLOCK), writer = open("fifo", O_WRONLY | O_NONBLOCK);
    char c = 0;
    CHECK(reader >= 0 && writer >= 0 && write(writer, "z", 1) == 1 && read(reader, &c, 1) == 1 && c == 'z');
    close(reader);
    FAILS(ENXIO, open("fifo", O_WRONLY | O_NONBLOCK));
    close(writer);
}

static void file_systems(void) {
    struct statfs fs;
    CHECK(statfs(".", &fs) == 0 && fs.f_bsize > 0 && fs.f_namelen == 255);
    CHECK(statfs("/proc", &fs) == 0 && fs.f_type == 0x9fa0);
    FAILS(ENOENT, statfs("none", &fs));
}

static void path_walk(void) {
    struct stat a, b;
    CHECK(mkdir("pw", 0755) == 0 && mkdir("pw/x", 0755) == 0);
    CHECK(stat("pw/x/../x/./../../pw//x/", &a) == 0 && stat("pw/x", &b) == 0 && a.st_ino == b.st_ino);
    close(make_file("pw/file", NULL));
    FAILS(ENOTDIR, stat("pw/file/", &a));
    FAILS(ENOTDIR, stat("pw/file/..", &a));
    CHECK(symlink("x/", "pw/sl") == 0 && stat("pw/sl", &a) == 0 && a.st_ino == b.st_ino);
    CHECK(lstat("pw/sl/", &a) == 0 && S_ISDIR(a.st_mode));
    CHECK(stat("/../../..", &a) == 0 && stat("/", &b) == 0 && a.st_ino == b.st_ino);
    FAILS(EISDIR, open("newdir/", O_CREAT | O_RDWR, 0600));
}

int main(void) {
    RUN(stat_shows_type_size_and_mode);
    RUN(statx_agrees_with_stat);
    RUN(directories_are_made_and_removed);
    RUN(getdents_lists_every_name_once);
    RUN(removing_while_listing_skips_nothing);
    RUN(working_directory);
    RUN(hard_links_share_one_file);
    RUN(symbolic_links);
    RUN(rename_replaces_and_refuses);
    RUN(modes_and_owners);
    RUN(permissions_hold_for_ordinary_users);
    RUN(times_are_set);
    RUN(sizes_change);
    RUN(access_checks);
    RUN(nodes);
    RUN(file_systems);
    RUN(path_walk);
    DONE;
}
