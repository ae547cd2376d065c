/* namespaces(7): users, host names, mounts; unshare(2), setns(2), clone(2) with new namespaces. */
#include "check.h"
#include <grp.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#define OK(status) (WIFEXITED(status) && WEXITSTATUS(status) == 0)

static int put(const char *name, const char *text) {
    int fd = open(name, O_WRONLY);
    if (fd < 0) return -1;
    ssize_t count = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return count == (ssize_t)strlen(text) ? 0 : -1;
}

static const char *get(const char *name) {
    static char text[4096];
    int fd = open(name, O_RDONLY);
    ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[count < 0 ? 0 : count] = 0;
    return text;
}

/* Becomes root of a new user namespace, as unshare -r does. */
static int become_root(int flags) {
    char map[64];
    int user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWUSER | flags) != 0) return -1;
    if (put("/proc/self/setgroups", "deny") != 0) return -2;
    sprintf(map, "0 %d 1", user);
    if (put("/proc/self/uid_map", map) != 0) return -3;
    sprintf(map, "0 %d 1", group);
    return put("/proc/self/gid_map", map) != 0 ? -4 : 0;
}

static void users_are_mapped(void) {
    int status = IN_CHILD({
        CHECK(unshare(CLONE_NEWUSER) == 0);
        CHECK(getuid() == 65534 && getgid() == 65534);
        FAILS(EINVAL, setuid(0));
        FAILS(EINVAL, put("/proc/self/uid_map", "nonsense"));
        FAILS(EINVAL, put("/proc/self/uid_map", "0 0 0"));
        CHECK(put("/proc/self/setgroups", "deny") == 0);
        CHECK(strcmp(get("/proc/self/setgroups"), "deny\n") == 0);
        FAILS(EPERM, put("/proc/self/setgroups", "allow"));
        CHECK(put("/proc/self/uid_map", "0 0 1\n") == 0);
        FAILS(EPERM, put("/proc/self/uid_map", "0 0 1\n"));
        CHECK(put("/proc/self/gid_map", "5 0 1") == 0);
        CHECK(getuid() == 0 && geteuid() == 0 && getgid() == 5);
        CHECK(strcmp(get("/proc/self/uid_map"), "         0          0          1\n") == 0);
        gid_t none;
        FAILS(EPERM, setgroups(0, &none));
        struct stat st;
        CHECK(stat("/", &st) == 0 && st.st_uid == 0 && st.st_gid == 5);
        FAILS(EINVAL, chown("/", 12, -1));
        CHECK(setresuid(0, 0, 0) == 0);
        FAILS(EINVAL, setuid(7));
        /* capabilities are full, but count in here only */
        FAILS(EPERM, sethostname("x", 1));
        FAILS(EPERM, mount("none", "/", "tmpfs", 0, 0));
        CHECK(chroot("/") == 0);
        FAILS(EPERM, unshare(CLONE_NEWUSER) == 0 ? (errno = EPERM, -1) : -1);
    });
    CHECK(OK(status));
}

static void maps_of_others_take_privileges(void) {
    if (geteuid() != 0) return; /* takes two users */
    int status = IN_CHILD({
        CHECK(setgroups(0, 0) == 0 && setgid(12345) == 0 && setuid(12345) == 0);
        CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0); /* else the files in /proc are root's */
        CHECK(unshare(CLONE_NEWUSER) == 0);
        FAILS(EPERM, put("/proc/self/uid_map", "0 0 1"));
        FAILS(EPERM, put("/proc/self/uid_map", "0 12345 2"));
        FAILS(EPERM, put("/proc/self/gid_map", "0 12345 1")); /* setgroups is still allowed */
        CHECK(put("/proc/self/uid_map", "0 12345 1") == 0);
        CHECK(getuid() == 0);
        struct stat st;
        CHECK(stat("/", &st) == 0 && st.st_uid == 65534);
        FAILS(EPERM, chown("/", 0, -1));
        FAILS(EACCES, open("/namespace-test", O_CREAT | O_RDWR, 0600));
    });
    CHECK(OK(status));
}

static void namespaces_nest_to_a_limit(void) {
    int status = IN_CHILD({
        int depth = 0;
        while (depth < 64 && become_root(0) == 0) depth++;
        CHECK(errno == ENOSPC || errno == EUSERS || errno == EPERM);
        CHECK(depth >= 20 && depth <= 33);
    });
    CHECK(OK(status));
}

static void host_names_are_private(void) {
    struct utsname before, after;
    CHECK(uname(&before) == 0);
    int status = IN_CHILD({
        CHECK(become_root(CLONE_NEWUTS) == 0);
        CHECK(sethostname("inside", 6) == 0);
        struct utsname name;
        CHECK(uname(&name) == 0 && strcmp(name.nodename, "inside") == 0);
        CHECK(strcmp(get("/proc/sys/kernel/hostname"), "inside\n") == 0);
    });
    CHECK(OK(status));
    CHECK(uname(&after) == 0 && strcmp(before.nodename, after.nodename) == 0);
}

static void mounts_are_private(void) {
    CHECK(mkdir("place", 0755) == 0 && mkdir("other", 0755) == 0);
    int status = IN_CHILD({
        CHECK(become_root(CLONE_NEWNS) == 0);
        CHECK(mount("none", "/", 0, MS_REC | MS_PRIVATE, 0) == 0);
        CHECK(mount("none", "place", "tmpfs", MS_NOSUID, "size=64k") == 0);
        CHECK(make_file("place/file", "inside") >= 0);
        CHECK(strstr(get("/proc/self/mounts"), "/place tmpfs rw,nosuid") != 0);
        CHECK(mount("place", "other", 0, MS_BIND, 0) == 0);
        CHECK(access("other/file", F_OK) == 0);
        CHECK(mount("none", "other", 0, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, 0) == 0);
        FAILS(EROFS, open("other/file", O_WRONLY));
        CHECK(close(open("place/file", O_WRONLY)) == 0);
        CHECK(umount2("other", MNT_DETACH) == 0);
        CHECK(mount("place", "other", 0, MS_MOVE, 0) == 0);
        CHECK(access("other/file", F_OK) == 0 && access("place/file", F_OK) != 0);
        FAILS(ENODEV, mount("none", "place", "nosuchfs", 0, 0));
        FAILS(EINVAL, umount2("place", 0));
    });
    CHECK(OK(status));
    CHECK(access("place/file", F_OK) != 0 && access("other/file", F_OK) != 0);
    CHECK(strstr(get("/proc/self/mounts"), "/place ") == 0);
    CHECK(rmdir("place") == 0 && rmdir("other") == 0); /* nothing is mounted there any more */
}

static void pivot_root_in_private_mounts(void) {
    CHECK(mkdir("newroot", 0755) == 0);
    int status = IN_CHILD({
        CHECK(become_root(CLONE_NEWNS) == 0);
        CHECK(mount("none", "/", 0, MS_REC | MS_PRIVATE, 0) == 0);
        CHECK(mount("none", "newroot", "tmpfs", 0, 0) == 0);
        CHECK(mkdir("newroot/old", 0755) == 0);
        CHECK(syscall(SYS_pivot_root, "newroot", "newroot/old") == 0);
        CHECK(chdir("/") == 0);
        CHECK(access("/old/proc/self", F_OK) == 0);
        CHECK(umount2("/old", MNT_DETACH) == 0);
        CHECK(rmdir("/old") == 0);
        FAILS(ENOENT, open("/proc/self/mounts", O_RDONLY));
    });
    CHECK(OK(status));
    CHECK(rmdir("newroot") == 0);
}

static void links_tell_namespaces_apart(void) {
    char before[64] = "", after[64] = "";
    CHECK(readlink("/proc/self/ns/uts", before, 63) > 0);
    CHECK(strncmp(before, "uts:[", 5) == 0);
    struct stat st, other;
    CHECK(stat("/proc/self/ns/uts", &st) == 0);
    CHECK((long)st.st_ino == atol(before + 5));
    CHECK(stat("/proc/thread-self/ns/uts", &other) == 0 && other.st_ino == st.st_ino && other.st_dev == st.st_dev);
    int status = IN_CHILD({
        CHECK(become_root(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP) == 0);
        CHECK(readlink("/proc/self/ns/uts", after, 63) > 0 && strcmp(before, after) != 0);
        int fd = open("/proc/self/ns/uts", O_RDONLY);
        CHECK(ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWUTS);
        FAILS(EINVAL, ioctl(fd, NS_GET_PARENT));
        int owner = ioctl(fd, NS_GET_USERNS);
        CHECK(owner >= 0 && ioctl(owner, NS_GET_NSTYPE) == CLONE_NEWUSER);
        uid_t uid = 99;
        CHECK(ioctl(owner, NS_GET_OWNER_UID, &uid) == 0 && uid == 0);
        FAILS(EPERM, ioctl(owner, NS_GET_PARENT));
        FAILS(ENOTTY, ioctl(fd, 0x1234));
    });
    CHECK(OK(status));
}

static void namespaces_are_entered(void) {
    int ends[2], back[2];
    CHECK(pipe(ends) == 0 && pipe(back) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char c;
        int bad = become_root(CLONE_NEWUTS) != 0 || sethostname("entered", 7) != 0;
        write(back[1], bad ? "b" : "g", 1);
        read(ends[0], &c, 1);
        _exit(0);
    }
    char c = 0;
    CHECK(read(back[0], &c, 1) == 1 && c == 'g');
    char users[64], names[64];
    sprintf(users, "/proc/%d/ns/user", child);
    sprintf(names, "/proc/%d/ns/uts", child);
    int status = IN_CHILD({
        int user = open(users, O_RDONLY), uts = open(names, O_RDONLY), null = open("/dev/null", O_RDONLY);
        CHECK(user >= 0 && uts >= 0);
        FAILS(EINVAL, setns(uts, CLONE_NEWUSER));
        FAILS(EINVAL, setns(null, 0));
        FAILS(EBADF, setns(-1, 0));
        CHECK(setns(user, CLONE_NEWUSER) == 0);
        FAILS(EINVAL, setns(user, 0)); /* in it already */
        CHECK(setns(uts, 0) == 0);
        struct utsname name;
        CHECK(uname(&name) == 0 && strcmp(name.nodename, "entered") == 0);
    });
    CHECK(OK(status));
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(waitpid(child, &status, 0) == child && OK(status));
    close(ends[0]), close(ends[1]), close(back[0]), close(back[1]);
}

static int in_clone(void *argument) {
    return getuid() == 65534 && getpid() > 1 ? 0 : 1;
}

static void clone_makes_namespaces(void) {
    static char stack[65536];
    FAILS(EINVAL, clone(in_clone, stack + sizeof stack, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0));
    FAILS(EINVAL, clone(in_clone, stack + sizeof stack, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0));
    pid_t child = clone(in_clone, stack + sizeof stack, CLONE_NEWUSER | CLONE_NEWUTS | SIGCHLD, 0);
    int status;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && OK(status));
    FAILS(EINVAL, unshare(0x1));
}

static void floods_of_mounts_are_bounded(void) {
    CHECK(mkdir("flood", 0755) == 0);
    int status = IN_CHILD({
        CHECK(become_root(CLONE_NEWNS) == 0);
        CHECK(mount("none", "/", 0, MS_REC | MS_PRIVATE, 0) == 0);
        CHECK(mount("none", "flood", "tmpfs", 0, 0) == 0);
        CHECK(mkdir("flood/a", 0755) == 0);
        int made = 0;
        while (made < 200000 && mount("flood", "flood/a", 0, MS_BIND | MS_REC, 0) == 0) made++;
        CHECK(errno == ENOSPC);
        CHECK(made > 5);
    });
    CHECK(OK(status));
    CHECK(rmdir("flood") == 0);
}

int main(void) {
    RUN(users_are_mapped);
    RUN(maps_of_others_take_privileges);
    RUN(namespaces_nest_to_a_limit);
    RUN(host_names_are_private);
    RUN(mounts_are_private);
    RUN(pivot_root_in_private_mounts);
    RUN(links_tell_namespaces_apart);
    RUN(namespaces_are_entered);
    RUN(clone_makes_namespaces);
    RUN(floods_of_mounts_are_bounded);
    DONE;
}
