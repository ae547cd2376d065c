/* System V IPC: shmget(2), semop(2), msgrcv(2) and theirs. */
#include "check.h"
#include <grp.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

static key_t own_key(int part) { return (key_t)(getpid() * 64 + part + 1); }

static int nattch(int id) {
    struct shmid_ds ds;
    return shmctl(id, IPC_STAT, &ds) < 0 ? -1 : (int)ds.shm_nattch;
}

static void shared_memory_has_keys_sizes_and_owners(void) {
    int id = shmget(own_key(0), 5000, IPC_CREAT | IPC_EXCL | 0640);
    CHECK(id >= 0);
    FAILS(EEXIST, shmget(own_key(0), 5000, IPC_CREAT | IPC_EXCL | 0640));
    CHECK(shmget(own_key(0), 0, 0) == id && shmget(own_key(0), 5000, IPC_CREAT) == id);
    FAILS(EINVAL, shmget(own_key(0), 5001, 0));
    FAILS(ENOENT, shmget(own_key(1), 1, 0));
    FAILS(EINVAL, shmget(IPC_PRIVATE, 0, 0600));
    FAILS(EINVAL, shmget(IPC_PRIVATE, -1L, 0600));
    struct shmid_ds ds;
    CHECK(shmctl(id, IPC_STAT, &ds) == 0);
    CHECK(ds.shm_segsz == 5000 && ds.shm_nattch == 0 && ds.shm_cpid == getpid() && ds.shm_lpid == 0);
    CHECK(ds.shm_perm.__key == own_key(0) && ds.shm_perm.mode == 0640 && ds.shm_perm.uid == geteuid());
    CHECK(ds.shm_atime == 0 && ds.shm_dtime == 0 && ds.shm_ctime != 0);
    ds.shm_perm.mode = 0600;
    CHECK(shmctl(id, IPC_SET, &ds) == 0);
    CHECK(shmctl(id, IPC_STAT, &ds) == 0 && ds.shm_perm.mode == 0600);
    FAILS(EFAULT, shmctl(id, IPC_STAT, (void *)8));
    FAILS(EFAULT, shmctl(id, IPC_SET, (void *)8));
    FAILS(EINVAL, shmctl(id, 999, &ds));
    FAILS(EINVAL, shmctl(-1, IPC_STAT, &ds));
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    FAILS(EINVAL, shmctl(id, IPC_STAT, &ds));
    FAILS(EINVAL, shmctl(id, IPC_RMID, NULL));
    FAILS(ENOENT, shmget(own_key(0), 1, 0));
    FAILS(EINVAL, (long)shmat(id, NULL, 0));
}

static void attachments_share_memory_and_are_counted(void) {
    int id = shmget(IPC_PRIVATE, 3 * 4096, IPC_CREAT | 0600);
    char *one = shmat(id, NULL, 0), *two = shmat(id, NULL, SHM_RDONLY);
    CHECK(one != (void *)-1 && two != (void *)-1 && one != two && nattch(id) == 2);
    strcpy(one, "shared");
    CHECK(strcmp(two, "shared") == 0);
    CHECK(mprotect(two, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
    int status = IN_CHILD({
        CHECK(nattch(id) == 4);
        strcpy(one + 4096, "child");
        CHECK(shmdt(two) == 0 && nattch(id) == 3);
    });
    CHECK(status == 0 && nattch(id) == 2 && strcmp(two + 4096, "child") == 0);
    struct shmid_ds ds;
    CHECK(shmctl(id, IPC_STAT, &ds) == 0 && ds.shm_atime != 0 && ds.shm_dtime != 0);
    CHECK(ds.shm_lpid != getpid() && ds.shm_lpid != 0);
    CHECK(shmdt(two) == 0 && nattch(id) == 1);
    FAILS(EINVAL, shmdt(two));
    FAILS(EINVAL, shmdt(one + 1));
    FAILS(EINVAL, shmdt(one + 4096));
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    CHECK(shmctl(id, IPC_STAT, &ds) == 0 && (ds.shm_perm.mode & 01000) && ds.shm_perm.__key == IPC_PRIVATE);
    CHECK(strcmp(one, "shared") == 0);
    two = shmat(id, NULL, 0); /* Linux lets it be attached until the end */
    CHECK(two != (void *)-1 && strcmp(two, "shared") == 0 && shmdt(two) == 0);
    CHECK(shmdt(one) == 0);
    FAILS(EINVAL, shmctl(id, IPC_STAT, &ds));
}

static void attachments_go_where_they_are_told(void) {
    int id = shmget(IPC_PRIVATE, 2 * 4096, 0600);
    char *room = mmap(NULL, 8 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FAILS(EINVAL, (long)shmat(id, room, 0));
    FAILS(EINVAL, (long)shmat(id, room + 1, SHM_REMAP));
    FAILS(EINVAL, (long)shmat(id, NULL, SHM_REMAP));
    CHECK(shmat(id, room + 4096, SHM_REMAP) == room + 4096);
    CHECK(shmat(id, room + 4 * 4096 + 77, SHM_REMAP | SHM_RND) == room + 4 * 4096);
    room[4096] = 7;
    CHECK(room[4 * 4096] == 7 && nattch(id) == 2);
    /* A hole in an attachment: shmdt takes what is left. */
    CHECK(munmap(room + 4096, 4096) == 0 && nattch(id) == 2);
    room[2 * 4096] = 9;
    CHECK(shmdt(room + 4096) == 0 && nattch(id) == 1);
    CHECK(room[5 * 4096] == 9);
    FAILS(EINVAL, (long)shmat(id, room, 0));
    CHECK(shmctl(id, IPC_RMID, NULL) == 0 && shmdt(room + 4 * 4096) == 0);
    munmap(room, 8 * 4096);
}

static void shared_memory_ends_with_exec_and_exit(void) {
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    int status = IN_CHILD({
        CHECK(shmat(id, NULL, 0) != (void *)-1 && nattch(id) == 1);
        execl("/proc/self/exe", "sysvipc", "nothing", NULL);
    });
    CHECK(status == 0 && nattch(id) == 0);
    status = IN_CHILD(CHECK(shmat(id, NULL, 0) != (void *)-1); kill(getpid(), SIGKILL));
    CHECK(WIFSIGNALED(status) && nattch(id) == 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
}

static void shared_memory_checks_permissions(void) {
    key_t key = own_key(2);
    int id = shmget(key, 4096, IPC_CREAT | 0604), semid = semget(key, 1, IPC_CREAT | 0604);
    int msgid = msgget(key, IPC_CREAT | 0602);
    if (geteuid() == 0) {
        int status = IN_CHILD({
            CHECK(setgroups(0, NULL) == 0 && setresgid(4242, 4242, 4242) == 0 && setresuid(4242, 4242, 4242) == 0);
            CHECK(shmat(id, NULL, SHM_RDONLY) != (void *)-1);
            FAILS(EACCES, (long)shmat(id, NULL, 0));
            FAILS(EACCES, shmget(key, 4096, 0600));
            struct shmid_ds ds;
            CHECK(shmctl(id, IPC_STAT, &ds) == 0);
            FAILS(EPERM, shmctl(id, IPC_RMID, NULL));
            FAILS(EPERM, shmctl(id, IPC_SET, &ds));
            FAILS(EPERM, shmctl(id, SHM_LOCK, NULL));
            CHECK(semctl(semid, 0, GETVAL) == 0);
            FAILS(EACCES, semctl(semid, 0, SETVAL, 1));
            FAILS(EPERM, semctl(semid, 0, IPC_RMID));
            struct { long type; char text[4]; } m = {1, "abc"};
            CHECK(msgsnd(msgid, &m, 4, 0) == 0);
            FAILS(EACCES, msgrcv(msgid, &m, 4, 0, 0));
            struct msqid_ds qs;
            FAILS(EACCES, msgctl(msgid, IPC_STAT, &qs));
        });
        CHECK(status == 0);
    }
    CHECK(shmctl(id, IPC_RMID, NULL) == 0 && semctl(semid, 0, IPC_RMID) == 0 && msgctl(msgid, IPC_RMID, NULL) == 0);
}

static void indexes_and_totals_are_shown(void) {
    int id = shmget(IPC_PRIVATE, 4096, 0600), found = 0;
    struct shmid_ds ds;
    struct shminfo limits;
    struct shm_info info;
    CHECK(shmctl(0, IPC_INFO, (void *)&limits) >= 0 && limits.shmmin == 1 && limits.shmmni >= 4096);
    int highest = shmctl(0, SHM_INFO, (void *)&info);
    CHECK(highest >= 0 && info.used_ids >= 1 && info.shm_tot >= 1);
    for (int index = 0; index <= highest; index++)
        if (shmctl(index, SHM_STAT, &ds) == id && shmctl(index, SHM_STAT_ANY, &ds) == id) found++;
    CHECK(found == 1);
    CHECK(shmctl(id, SHM_LOCK, NULL) == 0 || errno == EPERM || errno == ENOMEM);
    shmctl(id, SHM_UNLOCK, NULL);
    char line[512];
    FILE *f = fopen("/proc/sysvipc/shm", "r");
    found = 0;
    while (f && fgets(line, sizeof line, f)) {
        int key, shown;
        unsigned mode;
        unsigned long size;
        if (sscanf(line, "%d %d %o %lu", &key, &shown, &mode, &size) == 4 && shown == id)
            found = key == 0 && mode == 0600 && size == 4096;
    }
    CHECK(f && found);
    if (f) fclose(f);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        static const char *names[] = {"/proc/sys/kernel/sem", "/proc/sys/kernel/msgmax", "/proc/sysvipc/msg"};
        CHECK(access(names[i], R_OK) == 0);
    }
}

static void semaphores_have_values(void) {
    int id = semget(own_key(3), 4, IPC_CREAT | IPC_EXCL | 0600);
    CHECK(id >= 0 && semget(own_key(3), 2, 0) == id);
    FAILS(EINVAL, semget(own_key(3), 5, 0));
    FAILS(EINVAL, semget(IPC_PRIVATE, 0, 0600));
    FAILS(EINVAL, semget(IPC_PRIVATE, -1, 0600));
    unsigned short all[4] = {1, 2, 3, 4}, got[4];
    CHECK(semctl(id, 0, SETALL, (union semun){.array = all}) == 0);
    CHECK(semctl(id, 0, GETALL, (union semun){.array = got}) == 0 && memcmp(all, got, 8) == 0);
    CHECK(semctl(id, 2, GETVAL) == 3 && semctl(id, 2, GETPID) == getpid());
    CHECK(semctl(id, 2, SETVAL, (union semun){.val = 32767}) == 0 && semctl(id, 2, GETVAL) == 32767);
    FAILS(ERANGE, semctl(id, 2, SETVAL, (union semun){.val = 32768}));
    FAILS(ERANGE, semctl(id, 2, SETVAL, (union semun){.val = -1}));
    FAILS(EINVAL, semctl(id, 4, GETVAL));
    FAILS(EINVAL, semctl(id, -1, SETVAL, (union semun){.val = 1}));
    all[0] = 40000;
    FAILS(ERANGE, semctl(id, 0, SETALL, (union semun){.array = all}));
    FAILS(EFAULT, semctl(id, 0, GETALL, (union semun){.array = (void *)8}));
    struct sembuf up = {2, 1, 0};
    FAILS(ERANGE, semop(id, &up, 1));
    up.sem_num = 4;
    FAILS(EFBIG, semop(id, &up, 1));
    FAILS(EINVAL, semop(id, &up, 0));
    FAILS(EINVAL, semop(-1, &up, 1));
    FAILS(EFAULT, semop(id, (void *)8, 1));
    FAILS(E2BIG, semop(id, &up, 1000000));
    struct semid_ds ds;
    CHECK(semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 && ds.sem_nsems == 4 && ds.sem_otime == 0);
    up = (struct sembuf){0, 3, 0};
    CHECK(semop(id, &up, 1) == 0 && semctl(id, 0, GETVAL) == 4);
    CHECK(semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 && ds.sem_otime != 0);
    struct seminfo info;
    CHECK(semctl(0, 0, IPC_INFO, (union semun){.info = &info}) >= 0 && info.semvmx == 32767 && info.semopm >= 500);
    CHECK(semctl(0, 0, SEM_INFO, (union semun){.info = &info}) >= 0 && info.semusz >= 1 && info.semaem >= 4);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    FAILS(EINVAL, semctl(id, 0, GETVAL));
    FAILS(EINVAL, semop(id, &up, 1));
}

static void semaphore_operations_are_done_all_or_none(void) {
    int id = semget(IPC_PRIVATE, 2, 0600);
    struct sembuf both[2] = {{0, 5, 0}, {1, -1, IPC_NOWAIT}};
    FAILS(EAGAIN, semop(id, both, 2));
    CHECK(semctl(id, 0, GETVAL) == 0);
    struct sembuf same[3] = {{0, 1, 0}, {0, -1, 0}, {0, 0, 0}};
    CHECK(semop(id, same, 3) == 0 && semctl(id, 0, GETVAL) == 0);
    struct timespec soon = {0, 20000000};
    struct sembuf down = {0, -1, 0};
    double start = now_seconds();
    FAILS(EAGAIN, semtimedop(id, &down, 1, &soon));
    CHECK(now_seconds() - start >= 0.018);
    soon.tv_nsec = -1;
    FAILS(EINVAL, semtimedop(id, &down, 1, &soon));
    int status = IN_CHILD({
        pid_t waiter = fork();
        if (waiter == 0) {
            struct sembuf two[2] = {{0, -2, 0}, {1, -1, 0}};
            _exit(semop(id, two, 2) == 0 ? 0 : 1);
        }
        while (semctl(id, 0, GETNCNT) != 1) usleep(1000);
        CHECK(semctl(id, 1, GETNCNT) == 0);
        struct sembuf up = {0, 2, 0};
        CHECK(semop(id, &up, 1) == 0);
        while (semctl(id, 1, GETNCNT) != 1) usleep(1000);
        CHECK(semctl(id, 0, GETVAL) == 2 && semctl(id, 0, GETNCNT) == 0);
        up.sem_num = 1;
        CHECK(semctl(id, 1, SETVAL, (union semun){.val = 1}) == 0);
        int result;
        CHECK(waitpid(waiter, &result, 0) == waiter && result == 0);
        CHECK(semctl(id, 0, GETVAL) == 0 && semctl(id, 1, GETVAL) == 0 && semctl(id, 0, GETPID) == waiter);
    });
    CHECK(status == 0);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
}

static void waiting_for_zero_ends_at_zero(void) {
    int id = semget(IPC_PRIVATE, 1, 0600);
    CHECK(semctl(id, 0, SETVAL, (union semun){.val = 2}) == 0);
    struct sembuf zero = {0, 0, IPC_NOWAIT}, down = {0, -1, 0};
    FAILS(EAGAIN, semop(id, &zero, 1));
    pid_t child = fork();
    if (child == 0) {
        zero.sem_flg = 0;
        _exit(semop(id, &zero, 1) == 0 ? 0 : 1);
    }
    while (semctl(id, 0, GETZCNT) != 1) usleep(1000);
    CHECK(semop(id, &down, 1) == 0 && semctl(id, 0, GETZCNT) == 1);
    CHECK(semop(id, &down, 1) == 0);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0 && semctl(id, 0, GETZCNT) == 0);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
}

static void on_signal(int signal) { (void)signal; }

static void waiting_ends_with_removal_and_signals(void) {
    int id = semget(IPC_PRIVATE, 1, 0600), queue = msgget(IPC_PRIVATE, 0600);
    pid_t children[3];
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct sembuf down = {0, -1, 0};
            struct { long type; char text[8]; } m;
            struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
            sigaction(SIGUSR1, &action, NULL);
            int result = i == 1 ? (int)msgrcv(queue, &m, 8, 0, 0) : semop(id, &down, 1);
            _exit(result == -1 ? errno : 0);
        }
    }
    while (semctl(id, 0, GETNCNT) != 2) usleep(1000);
    usleep(20000);
    int status;
    kill(children[2], SIGUSR1);
    CHECK(waitpid(children[2], &status, 0) == children[2] && WEXITSTATUS(status) == EINTR);
    CHECK(semctl(id, 0, GETNCNT) == 1);
    CHECK(semctl(id, 0, IPC_RMID) == 0 && msgctl(queue, IPC_RMID, NULL) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(waitpid(children[i], &status, 0) == children[i] && WEXITSTATUS(status) == EIDRM);
}

static void the_end_of_a_process_undoes(void) {
    int id = semget(IPC_PRIVATE, 2, 0600);
    unsigned short values[2] = {5, 5}, got[2];
    CHECK(semctl(id, 0, SETALL, (union semun){.array = values}) == 0);
    int status = IN_CHILD({
        struct sembuf ops[2] = {{0, -3, SEM_UNDO}, {1, 4, SEM_UNDO}};
        CHECK(semop(id, ops, 2) == 0 && semctl(id, 0, GETVAL) == 2 && semctl(id, 1, GETVAL) == 9);
    });
    CHECK(status == 0);
    CHECK(semctl(id, 0, GETALL, (union semun){.array = got}) == 0 && got[0] == 5 && got[1] == 5);
    status = IN_CHILD({
        struct sembuf op = {0, 3, SEM_UNDO};
        CHECK(semop(id, &op, 1) == 0);
        op = (struct sembuf){0, -8, 0};
        CHECK(semop(id, &op, 1) == 0);
    });
    CHECK(status == 0 && semctl(id, 0, GETVAL) == 0); /* not below zero */
    status = IN_CHILD({
        struct sembuf op = {0, 3, SEM_UNDO};
        CHECK(semop(id, &op, 1) == 0);
        CHECK(semctl(id, 0, SETVAL, (union semun){.val = 7}) == 0); /* forgets what there was to undo */
    });
    CHECK(status == 0 && semctl(id, 0, GETVAL) == 7);
    /* A waiter goes on because somebody's end made it possible. */
    CHECK(semctl(id, 0, SETVAL, (union semun){.val = 0}) == 0 && semctl(id, 1, SETVAL, (union semun){.val = 1}) == 0);
    status = IN_CHILD({
        struct sembuf op = {1, -1, SEM_UNDO};
        CHECK(semop(id, &op, 1) == 0);
        pid_t waiter = fork();
        if (waiter == 0) {
            op.sem_flg = 0;
            _exit(semop(id, &op, 1) == 0 ? 0 : 1);
        }
        while (semctl(id, 1, GETNCNT) != 1) usleep(1000);
        kill(getpid(), SIGKILL);
    });
    for (int i = 0; i < 1000 && semctl(id, 1, GETVAL) != 0; i++) usleep(1000);
    CHECK(WIFSIGNALED(status) && semctl(id, 1, GETVAL) == 0 && semctl(id, 1, GETNCNT) == 0);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
}

struct message {
    long type;
    char text[64];
};

static int send_text(int id, long type, const char *text) {
    struct message m = {type, ""};
    strcpy(m.text, text);
    return msgsnd(id, &m, strlen(text), IPC_NOWAIT);
}

static void messages_are_chosen_by_type(void) {
    int id = msgget(own_key(4), IPC_CREAT | IPC_EXCL | 0600);
    struct message m;
    CHECK(id >= 0 && msgget(own_key(4), 0) == id);
    CHECK(send_text(id, 5, "five") == 0 && send_text(id, 3, "three") == 0 && send_text(id, 9, "nine") == 0);
    CHECK(send_text(id, 3, "again") == 0);
    CHECK(msgrcv(id, &m, 64, 9, 0) == 4 && m.type == 9 && memcmp(m.text, "nine", 4) == 0);
    CHECK(msgrcv(id, &m, 64, -4, 0) == 5 && m.type == 3 && memcmp(m.text, "three", 5) == 0);
    CHECK(msgrcv(id, &m, 64, 5, MSG_EXCEPT) == 5 && memcmp(m.text, "again", 5) == 0);
    FAILS(ENOMSG, msgrcv(id, &m, 64, 7, IPC_NOWAIT));
    FAILS(ENOMSG, msgrcv(id, &m, 64, -4, IPC_NOWAIT));
    FAILS(E2BIG, msgrcv(id, &m, 2, 0, 0));
    CHECK(msgrcv(id, &m, 2, 0, MSG_NOERROR) == 2 && m.type == 5 && memcmp(m.text, "fi", 2) == 0);
    FAILS(ENOMSG, msgrcv(id, &m, 64, 0, IPC_NOWAIT));
    CHECK(send_text(id, 1, "") == 0 && msgrcv(id, &m, 64, 0, 0) == 0 && m.type == 1);
    FAILS(EINVAL, send_text(id, 0, "x"));
    FAILS(EINVAL, send_text(id, -1, "x"));
    FAILS(EINVAL, msgsnd(id, &m, -1L, 0));
    FAILS(EINVAL, msgsnd(id, &m, 1 << 30, 0));
    FAILS(EFAULT, msgsnd(id, (void *)8, 4, 0));
    FAILS(EINVAL, msgrcv(id, &m, -1L, 0, 0));
    FAILS(EINVAL, msgrcv(id, &m, 64, 0, MSG_COPY));
    FAILS(EINVAL, msgrcv(id, &m, 64, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
    FAILS(EINVAL, send_text(id, 1, "x"));
}

static void a_message_queue_is_bounded(void) {
    int id = msgget(IPC_PRIVATE, 0600);
    struct msqid_ds ds;
    CHECK(msgctl(id, IPC_STAT, &ds) == 0 && ds.msg_qnum == 0 && ds.msg_qbytes >= 16384 && ds.msg_stime == 0);
    ds.msg_qbytes = 10;
    CHECK(msgctl(id, IPC_SET, &ds) == 0);
    CHECK(send_text(id, 1, "12345") == 0 && send_text(id, 2, "12345") == 0);
    FAILS(EAGAIN, send_text(id, 3, "1"));
    CHECK(msgctl(id, IPC_STAT, &ds) == 0 && ds.msg_qnum == 2 && ds.__msg_cbytes == 10);
    CHECK(ds.msg_lspid == getpid() && ds.msg_lrpid == 0 && ds.msg_stime != 0 && ds.msg_rtime == 0);
    pid_t child = fork();
    if (child == 0) {
        struct message m = {7, "wait"};
        _exit(msgsnd(id, &m, 4, 0) == 0 ? 0 : 1);
    }
    usleep(20000);
    struct message m;
    int status;
    CHECK(msgrcv(id, &m, 64, 0, 0) == 5 && m.type == 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(msgrcv(id, &m, 64, 7, 0) == 4 && memcmp(m.text, "wait", 4) == 0);
    CHECK(msgctl(id, IPC_STAT, &ds) == 0 && ds.msg_lspid == child && ds.msg_lrpid == getpid() && ds.msg_rtime != 0);
    struct msginfo info;
    CHECK(msgctl(0, IPC_INFO, (void *)&info) >= 0 && info.msgmax >= 8192);
    CHECK(msgctl(0, MSG_INFO, (void *)&info) >= 0 && info.msgpool >= 1 && info.msgtql >= 5);
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

static void huge_wishes_are_bounded(void) {
    /* Whoever asks for more than there is, is told so, and leaves nothing behind. */
    int ids[400], made = 0;
    for (; made < 400; made++)
        if ((ids[made] = semget(IPC_PRIVATE, 32000, 0600)) < 0) break;
    CHECK(made == 400 || errno == ENOMEM || errno == ENOSPC);
    for (int i = 0; i < made; i++) CHECK(semctl(ids[i], 0, IPC_RMID) == 0);
    CHECK((ids[0] = semget(IPC_PRIVATE, 32000, 0600)) >= 0);
    CHECK(semctl(ids[0], 0, IPC_RMID) == 0);
    int big = shmget(IPC_PRIVATE, 1UL << 46, 0600);
    CHECK(big >= 0 || errno == ENOMEM || errno == ENOSPC || errno == EINVAL);
    if (big >= 0) shmctl(big, IPC_RMID, NULL);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) return 0;
    RUN(shared_memory_has_keys_sizes_and_owners);
    RUN(attachments_share_memory_and_are_counted);
    RUN(attachments_go_where_they_are_told);
    RUN(shared_memory_ends_with_exec_and_exit);
    RUN(shared_memory_checks_permissions);
    RUN(indexes_and_totals_are_shown);
    RUN(semaphores_have_values);
    RUN(semaphore_operations_are_done_all_or_none);
    RUN(waiting_for_zero_ends_at_zero);
    RUN(waiting_ends_with_removal_and_signals);
    RUN(the_end_of_a_process_undoes);
    RUN(messages_are_chosen_by_type);
    RUN(a_message_queue_is_bounded);
    RUN(huge_wishes_are_bounded);
    DONE;
}
