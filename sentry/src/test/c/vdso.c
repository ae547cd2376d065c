/* vdso(7): time without a system call, the same as by system calls. */
#include "check.h"
#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <ucontext.h>

static char *image(void) {
    return (char *)getauxval(AT_SYSINFO_EHDR);
}

/* Looks a function up as C libraries do: dynamic section, DT_HASH or all symbols, name and version. */
static void *lookup(const char *name) {
    char *base = image();
    Elf64_Ehdr *header = (Elf64_Ehdr *)base;
    Elf64_Phdr *segments = (Elf64_Phdr *)(base + header->e_phoff);
    Elf64_Dyn *dynamic = NULL;
    char *bias = base;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD) bias = base + segments[i].p_offset - segments[i].p_vaddr;
        if (segments[i].p_type == PT_DYNAMIC) dynamic = (Elf64_Dyn *)(base + segments[i].p_offset);
    }
    char *strings = NULL;
    Elf64_Sym *symbols = NULL;
    Elf64_Half *versions = NULL;
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        void *value = bias + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_STRTAB) strings = value;
        if (dynamic->d_tag == DT_SYMTAB) symbols = value;
        if (dynamic->d_tag == DT_VERSYM) versions = value;
    }
    if (!strings || !symbols || !versions) return NULL;
    for (int i = 1; (char *)(symbols + i) < strings; i++) {
        if (!strcmp(strings + symbols[i].st_name, name) && symbols[i].st_shndx != SHN_UNDEF
            && ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC && versions[i] != 0)
            return bias + symbols[i].st_value;
    }
    return NULL;
}

static void the_image_is_an_elf_file_with_five_functions(void) {
    CHECK(image() && !memcmp(image(), ELFMAG, SELFMAG));
    if (!image()) return;
    CHECK(((Elf64_Ehdr *)image())->e_type == ET_DYN && ((Elf64_Ehdr *)image())->e_machine == EM_X86_64);
    CHECK(lookup("__vdso_clock_gettime") && lookup("__vdso_gettimeofday") && lookup("__vdso_time"));
    CHECK(lookup("__vdso_clock_getres") && lookup("__vdso_getcpu") && !lookup("__vdso_none"));
}

static int64_t nanos(struct timespec t) {
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void calls_and_the_image_tell_the_same_time(void) {
    int (*gettime)(int, struct timespec *) = (int (*)(int, struct timespec *))lookup("__vdso_clock_gettime");
    int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI};
    double end = now_seconds() + 0.4; /* long enough for a sandbox to begin telling time by itself */
    while (now_seconds() < end) {
        for (int i = 0; i < 5; i++) {
            struct timespec a, b, c;
            CHECK(gettime(clocks[i], &a) == 0 && syscall(SYS_clock_gettime, clocks[i], &b) == 0);
            CHECK(gettime(clocks[i], &c) == 0);
            CHECK(nanos(a) <= nanos(b) && nanos(b) <= nanos(c));
            CHECK(a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
            if (failures) return;
        }
    }
    struct timespec a, b, c;
    for (int clock = CLOCK_REALTIME_COARSE; clock <= CLOCK_MONOTONIC_COARSE; clock++) {
        CHECK(gettime(clock, &a) == 0 && gettime(clock - 5, &b) == 0 && nanos(a) <= nanos(b));
        CHECK(nanos(b) - nanos(a) < 500000000);
        CHECK(syscall(SYS_clock_gettime, clock, &a) == 0 && gettime(clock, &c) == 0 && nanos(a) <= nanos(c));
    }
    CHECK(gettime(CLOCK_PROCESS_CPUTIME_ID, &a) == 0 && nanos(a) > 0);
    CHECK(gettime(99, &a) == -EINVAL || (gettime(99, &a) == -1 && errno == EINVAL));
}

static void other_functions_agree(void) {
    int (*timeofday)(struct timeval *, struct timezone *) =
        (int (*)(struct timeval *, struct timezone *))lookup("__vdso_gettimeofday");
    time_t (*seconds)(time_t *) = (time_t(*)(time_t *))lookup("__vdso_time");
    int (*getres)(int, struct timespec *) = (int (*)(int, struct timespec *))lookup("__vdso_clock_getres");
    struct timeval tv, called;
    struct timezone zone = {1, 1};
    CHECK(timeofday(&tv, &zone) == 0 && tv.tv_usec >= 0 && tv.tv_usec < 1000000 && zone.tz_dsttime == 0);
    CHECK(syscall(SYS_gettimeofday, &called, NULL) == 0);
    CHECK((called.tv_sec - tv.tv_sec) * 1000000LL + called.tv_usec - tv.tv_usec < 1000000);
    CHECK(timeofday(NULL, NULL) == 0);
    time_t stored = 0, answered = seconds(&stored);
    CHECK(answered == stored && answered - tv.tv_sec <= 1 && tv.tv_sec - answered <= 1);
    CHECK(seconds(NULL) - answered <= 1);
    struct timespec a, b;
    for (int clock = 0; clock <= 11; clock++) {
        if (clock == 2 || clock == 3 || clock == 8 || clock == 9 || clock == 10) continue;
        CHECK(getres(clock, &a) == 0 && syscall(SYS_clock_getres, clock, &b) == 0 && nanos(a) == nanos(b));
        CHECK(getres(clock, NULL) == 0);
    }
}

static volatile int64_t latest;

static void *watch(void *unused) {
    struct timespec t;
    for (int i = 0; i < 200000; i++) {
        int64_t before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
        clock_gettime(CLOCK_MONOTONIC, &t);
        int64_t now = nanos(t);
        if (now < before) return (void *)1;
        while (before < now && !__atomic_compare_exchange_n(&latest, &before, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    }
    return unused;
}

static void no_thread_sees_time_go_back(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, watch, NULL);
    for (int i = 0; i < 4; i++) {
        void *result = (void *)1;
        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
    }
}

static void getcpu_follows_affinity(void) {
    int (*get)(unsigned *, unsigned *, void *) = (int (*)(unsigned *, unsigned *, void *))lookup("__vdso_getcpu");
    unsigned cpu = 9999, node = 9999;
    cpu_set_t all, one;
    CHECK(get(&cpu, &node, NULL) == 0 && node < 64 && get(NULL, NULL, NULL) == 0);
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0 && CPU_ISSET(cpu, &all));
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &all)) continue;
        CPU_ZERO(&one); CPU_SET(i, &one);
        CHECK(sched_setaffinity(0, sizeof one, &one) == 0 && get(&cpu, NULL, NULL) == 0 && (int)cpu == i);
        CHECK(sched_getcpu() == i && syscall(SYS_getcpu, &cpu, &node, NULL) == 0 && (int)cpu == i);
    }
    CHECK(sched_setaffinity(0, sizeof all, &all) == 0);
}

static int line_of(const char *name, char *line, size_t bytes) {
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;
    while (maps && !found && fgets(line, bytes, maps)) found = strstr(line, name) != NULL;
    if (maps) fclose(maps);
    return found;
}

static void both_mappings_are_shown(void) {
    char line[256];
    CHECK(line_of("[vdso]", line, sizeof line) && strstr(line, " r-xp ") && strtoul(line, NULL, 16) == (uintptr_t)image());
    CHECK(line_of("[vvar]", line, sizeof line) && strstr(line, " r--p "));
}

static void the_parameters_cannot_be_written(void) {
    char line[256];
    char *page = line_of("[vvar]", line, sizeof line) ? (char *)strtoul(line, NULL, 16) : NULL;
    FAILS(EACCES, mprotect(page, 4096, PROT_READ | PROT_WRITE));
    int pipes[2];
    CHECK(pipe(pipes) == 0 && write(pipes[1], "abcd", 4) == 4);
    FAILS(EFAULT, read(pipes[0], page, 4));
    close(pipes[0]), close(pipes[1]);
    int status = IN_CHILD(*(volatile char *)page = 1);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = IN_CHILD(*(volatile char *)image() = 1);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK(now_seconds() > 0);
}

static void code_may_be_changed_by_its_owner_only(void) {
    CHECK(IN_CHILD({
        /* Newer kernels seal it. */
        if (mprotect(image(), 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0) memset(image(), 0xcc, 64);
    }) == 0);
    CHECK(!memcmp(image(), ELFMAG, SELFMAG));
}

static void without_it_programs_go_on(void) {
    CHECK(IN_CHILD({
        struct timespec t;
        munmap(image(), 4096); /* newer kernels seal it */
        CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) == 0);
        if (fork() == 0) _exit(0);
        int status;
        CHECK(wait(&status) > 0 && status == 0);
    }) == 0);
    CHECK(IN_CHILD(CHECK(fork() || now_seconds() > 0)) == 0);
    CHECK(now_seconds() > 0);
}

#define VSYSCALL 0xffffffffff600000
static volatile long error_code;
static char *volatile fault_address;
static sigjmp_buf back;
static void note_fault(int signal, siginfo_t *info, void *context) {
    (void)signal;
    error_code = ((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR], fault_address = info->si_addr;
    siglongjmp(back, 1);
}

/* Programs from before the vDSO call a page of the kernel's; some kernels have none. */
static void old_programs_call_the_vsyscall_page(void) {
    struct sigaction action = {.sa_sigaction = note_fault, .sa_flags = SA_SIGINFO}, old;
    CHECK(sigaction(SIGSEGV, &action, &old) == 0);
    if (sigsetjmp(back, 1) == 0) {
        struct timeval tv = {0, 0};
        time_t seconds = 0;
        unsigned cpu = 9999, node = 9999;
        CHECK(((int (*)(void *, void *))VSYSCALL)(&tv, NULL) == 0 && labs(tv.tv_sec - time(NULL)) <= 1);
        CHECK(labs(((time_t (*)(time_t *))(VSYSCALL + 0x400))(&seconds) - time(NULL)) <= 1);
        CHECK(labs(seconds - time(NULL)) <= 1);
        CHECK(((time_t (*)(time_t *))(VSYSCALL + 0x400))(NULL) >= seconds);
        CHECK(((int (*)(void *, void *, void *))(VSYSCALL + 0x800))(&cpu, &node, NULL) == 0 && cpu < 9999 && node == 0);
    } else {
        CHECK((unsigned long)fault_address == VSYSCALL);
    }
    if (sigsetjmp(back, 1) == 0) {
        /* Kernels that emulate it all let it be read. */
        *(volatile char *)VSYSCALL;
    } else {
        CHECK((unsigned long)fault_address == VSYSCALL && (error_code & ~0x11) == 4);
    }
    sigaction(SIGSEGV, &old, NULL);
}

int main(void) {
    RUN(the_image_is_an_elf_file_with_five_functions);
    if (failures) DONE;
    RUN(calls_and_the_image_tell_the_same_time);
    RUN(other_functions_agree);
    RUN(no_thread_sees_time_go_back);
    RUN(getcpu_follows_affinity);
    RUN(both_mappings_are_shown);
    RUN(the_parameters_cannot_be_written);
    RUN(code_may_be_changed_by_its_owner_only);
    RUN(without_it_programs_go_on);
    RUN(old_programs_call_the_vsyscall_page);
    DONE;
}
