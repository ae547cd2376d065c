/* proc(5) and the device files. */
#include "check.h"
#include <dirent.h>
#include <ctype.h>

static char text[65536];
static const char *contents(const char *path) {
    int fd = open(path, O_RDONLY);
    size_t n = 0;
    text[0] = 0;
    if (fd < 0) return text;
    for (ssize_t r; n < sizeof text - 1 && (r = read(fd, text + n, sizeof text - 1 - n)) > 0;) n += r;
    text[n] = 0;
    close(fd);
    return text;
}

static void self_leads_here(void) {
    char link[64] = {0}, expected[64];
    snprintf(expected, sizeof expected, "%d", getpid());
    CHECK(readlink("/proc/self", link, 63) > 0 && strcmp(link, expected) == 0);
    CHECK(readlink("/proc/self/exe", text, sizeof text) > 0);
    char cwd[PATH_MAX], at[PATH_MAX] = {0};
    CHECK(getcwd(cwd, sizeof cwd) && readlink("/proc/self/cwd", at, sizeof at - 1) > 0 && strcmp(cwd, at) == 0);
    CHECK(access("/proc/self/root/proc/self/stat", R_OK) == 0);
    FAILS(ENOENT, access("/proc/99999", F_OK));
}

static void descriptors_are_links(void) {
    char path[64], target[PATH_MAX] = {0}, got[8] = {0};
    int fd = make_file("opened", "data"), p[2];
    CHECK(pipe(p) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(readlink(path, target, sizeof target - 1) > 0 && strstr(target, "/opened"));
    int again = open(path, O_RDONLY);
    CHECK(again >= 0 && read(again, got, 8) == 4);
    unlink("opened");
    memset(target, 0, sizeof target);
    CHECK(readlink(path, target, sizeof target - 1) > 0 && strstr(target, "/opened (deleted)"));
    snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
    memset(target, 0, sizeof target);
    CHECK(readlink(path, target, sizeof target - 1) > 0 && strncmp(target, "pipe:[", 6) == 0);
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *e; (e = readdir(dir));) count += isdigit((unsigned char)e->d_name[0]) != 0;
    closedir(dir);
    CHECK(count >= 7);
    close(fd), close(again), close(p[0]), close(p[1]);
}

static void stat_and_status(void) {
    int pid = 0, ppid = 0;
    char name[64] = {0}, state;
    CHECK(sscanf(contents("/proc/self/stat"), "%d (%63[^)]) %c %d", &pid, name, &state, &ppid) == 4);
    CHECK(pid == getpid() && ppid == getppid() && state == 'R');
    contents("/proc/self/status");
    CHECK(strstr(text, "\nPid:\t") && strstr(text, "\nUid:\t") && strstr(text, "\nVmRSS:") && strstr(text, "\nThreads:\t1"));
    CHECK(strncmp(text, "Name:\t", 6) == 0 && strstr(text, "\nSigCgt:\t"));
}

static void memory_map_names_the_program(void) {
    contents("/proc/self/maps");
    CHECK(strstr(text, "[stack]") && strstr(text, "r-xp") && strstr(text, "rw-p"));
    char *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), line[64];
    snprintf(line, sizeof line, "%lx-", (long)p);
    contents("/proc/self/maps");
    CHECK(strstr(text, line) || strstr(text, "r--p"));
    munmap(p, 8192);
}

static void command_line_and_name(void) {
    contents("/proc/self/cmdline");
    CHECK(strlen(text) > 0);
    int fd = open("/proc/self/comm", O_RDWR);
    CHECK(write(fd, "renamed", 7) == 7);
    close(fd);
    CHECK(strcmp(contents("/proc/self/comm"), "renamed\n") == 0);
    CHECK(strstr(contents("/proc/self/stat"), "(renamed)"));
}

static void system_files(void) {
    double up;
    CHECK(sscanf(contents("/proc/uptime"), "%lf", &up) == 1 && up >= 0);
    CHECK(strstr(contents("/proc/meminfo"), "MemTotal:") && strstr(text, "MemAvailable:"));
    CHECK(strstr(contents("/proc/cpuinfo"), "processor\t: 0"));
    CHECK(strncmp(contents("/proc/stat"), "cpu ", 4) == 0 && strstr(text, "btime "));
    CHECK(strncmp(contents("/proc/version"), "Linux version ", 14) == 0);
    CHECK(strstr(contents("/proc/mounts"), " /proc proc "));
    CHECK(atoi(contents("/proc/sys/kernel/pid_max")) > 0);
    CHECK(strlen(contents("/proc/sys/kernel/random/boot_id")) == 37);
    CHECK(strlen(contents("/proc/sys/kernel/hostname")) > 1);
    CHECK(strstr(contents("/proc/filesystems"), "tmpfs"));
}

static void listing_shows_processes_only_once(void) {
    int me = 0, numbers = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *e; (e = readdir(dir));) {
        int pid = atoi(e->d_name);
        numbers += pid > 0, me += pid == getpid();
    }
    closedir(dir);
    CHECK(me == 1 && numbers >= 1);
}

static void devices(void) {
    char buffer[64], zero[64] = {0};
    int fd = open("/dev/zero", O_RDWR);
    memset(buffer, 1, 64);
    CHECK(read(fd, buffer, 64) == 64 && memcmp(buffer, zero, 64) == 0 && write(fd, "x", 1) == 1);
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED && p[7] == 0 && (p[7] = 1) == 1);
    close(fd);
    fd = open("/dev/null", O_RDWR);
    CHECK(read(fd, buffer, 64) == 0 && write(fd, buffer, 64) == 64);
    close(fd);
    fd = open("/dev/full", O_RDWR);
    FAILS(ENOSPC, write(fd, "x", 1));
    close(fd);
    fd = open("/dev/urandom", O_RDONLY);
    char other[64];
    CHECK(read(fd, buffer, 64) == 64 && read(fd, other, 64) == 64 && memcmp(buffer, other, 64) != 0);
    close(fd);
    CHECK(syscall(SYS_getrandom, buffer, 64, 0) == 64);
    FAILS(EINVAL, syscall(SYS_getrandom, buffer, 64, 0x100));
    struct stat st;
    CHECK(stat("/dev/shm", &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 01777) == 01777);
    CHECK(stat("/dev/stdin", &st) == 0 || errno == ENOENT);
}

static void children_are_seen_and_vanish(void) {
    char path[64];
    int p[2], status;
    CHECK(pipe(p) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char c;
        close(p[1]);
        _exit((int)read(p[0], &c, 1));
    }
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    CHECK(strlen(contents(path)) > 0);
    close(p[1]);
    usleep(50000);
    CHECK(strstr(contents(path), ") Z "));
    CHECK(waitpid(child, &status, 0) == child);
    FAILS(ENOENT, access(path, F_OK));
    close(p[0]);
}

int main(void) {
    RUN(self_leads_here);
    RUN(descriptors_are_links);
    RUN(stat_and_status);
    RUN(memory_map_names_the_program);
    RUN(command_line_and_name);
    RUN(system_files);
    RUN(listing_shows_processes_only_once);
    RUN(devices);
    RUN(children_are_seen_and_vanish);
    DONE;
}
