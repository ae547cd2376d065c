package dev.picket.platform.host;

/**
 * System calls of the host, one method each, with the call's name in camel case.
 *
 * <p>Every method returns what the call returns, or the negated errno: none throws. Arguments whose name ends in
 * {@code Address} are addresses in this process. The numbers of bare calls are those of x86-64.
 */
public final class Host {
    // All looked up when the class is first used: a look-up costs about a microsecond, a holder class per call far
    // more.
    private static final long MEMFD_CREATE = Native.function("memfd_create");
    private static final long FTRUNCATE = Native.function("ftruncate");
    private static final long FALLOCATE = Native.function("fallocate");
    private static final long READ = Native.function("read");
    private static final long WRITE = Native.function("write");
    private static final long PREAD = Native.function("pread");
    private static final long PWRITE = Native.function("pwrite");
    private static final long READV = Native.function("readv");
    private static final long WRITEV = Native.function("writev");
    private static final long LSEEK = Native.function("lseek");
    private static final long COPY_FILE_RANGE = Native.function("copy_file_range");
    private static final long MINCORE = Native.function("mincore");
    private static final long CLOSE = Native.function("close");
    private static final long DUP = Native.function("dup");
    private static final long DUP3 = Native.function("dup3");
    private static final long FCNTL = Native.function("fcntl");
    private static final long IOCTL = Native.function("ioctl");
    private static final long FSYNC = Native.function("fsync");
    private static final long FLOCK = Native.function("flock");
    private static final long PIPE2 = Native.function("pipe2");
    private static final long EVENTFD = Native.function("eventfd");
    private static final long POLL = Native.function("poll");
    private static final long OPENAT = Native.function("openat");
    private static final long FACCESSAT = Native.function("faccessat");
    private static final long READLINKAT = Native.function("readlinkat");
    private static final long FSTATAT = Native.function("fstatat");
    private static final long FSTAT = Native.function("fstat");
    private static final long STATX = Native.function("statx");
    private static final long FSTATFS = Native.function("fstatfs");
    private static final long MKDIRAT = Native.function("mkdirat");
    private static final long MKNODAT = Native.function("mknodat");
    private static final long UNLINKAT = Native.function("unlinkat");
    private static final long RENAMEAT2 = Native.function("renameat2");
    private static final long LINKAT = Native.function("linkat");
    private static final long SYMLINKAT = Native.function("symlinkat");
    private static final long FCHMOD = Native.function("fchmod");
    private static final long FCHMODAT = Native.function("fchmodat");
    private static final long FCHOWN = Native.function("fchown");
    private static final long FCHOWNAT = Native.function("fchownat");
    private static final long UTIMENSAT = Native.function("utimensat");
    private static final long FGETXATTR = Native.function("fgetxattr");
    private static final long LGETXATTR = Native.function("lgetxattr");
    private static final long FLISTXATTR = Native.function("flistxattr");
    private static final long LLISTXATTR = Native.function("llistxattr");
    private static final long FSETXATTR = Native.function("fsetxattr");
    private static final long FREMOVEXATTR = Native.function("fremovexattr");
    private static final long MMAP = Native.function("mmap");
    private static final long MUNMAP = Native.function("munmap");
    private static final long MPROTECT = Native.function("mprotect");
    private static final long MADVISE = Native.function("madvise");
    private static final long PROCESS_VM_READV = Native.function("process_vm_readv");
    private static final long PROCESS_VM_WRITEV = Native.function("process_vm_writev");
    private static final long PTRACE = Native.function("ptrace");
    private static final long WAITPID = Native.function("waitpid");
    private static final long WAITID = Native.function("waitid");
    private static final long KILL = Native.function("kill");
    private static final long TGKILL = Native.function("tgkill");
    private static final long GETTID = Native.function("gettid");
    private static final long GETPID = Native.function("getpid");
    private static final long GETUID = Native.function("getuid");
    private static final long GETEUID = Native.function("geteuid");
    private static final long GETGID = Native.function("getgid");
    private static final long SCHED_SETAFFINITY = Native.function("sched_setaffinity");
    private static final long SCHED_GETCPU = Native.function("sched_getcpu");
    private static final long SCHED_YIELD = Native.function("sched_yield");
    private static final long PRCTL = Native.function("prctl");
    private static final long GETRUSAGE = Native.function("getrusage");
    private static final long SETRLIMIT = Native.function("setrlimit");
    private static final long GETRLIMIT = Native.function("getrlimit");
    private static final long SETRESUID = Native.function("setresuid");
    private static final long SETRESGID = Native.function("setresgid");
    private static final long SETGROUPS = Native.function("setgroups");
    private static final long CHROOT = Native.function("chroot");
    private static final long CHDIR = Native.function("chdir");
    private static final long UNSHARE = Native.function("unshare");
    private static final long CLOCK_GETTIME = Native.function("clock_gettime");
    private static final long UNAME = Native.function("uname");
    private static final long GETAUXVAL = Native.function("getauxval");
    private static final long GETRANDOM = Native.function("getrandom");
    private static final long SOCKET = Native.function("socket");
    private static final long SOCKETPAIR = Native.function("socketpair");
    private static final long BIND = Native.function("bind");
    private static final long LISTEN = Native.function("listen");
    private static final long ACCEPT4 = Native.function("accept4");
    private static final long CONNECT = Native.function("connect");
    private static final long SHUTDOWN = Native.function("shutdown");
    private static final long GETSOCKOPT = Native.function("getsockopt");
    private static final long SETSOCKOPT = Native.function("setsockopt");
    private static final long SENDMSG = Native.function("sendmsg");
    private static final long RECVMSG = Native.function("recvmsg");
    private static final long SYSCALL = Native.function("syscall");
    private static final long POSIX_SPAWN = Native.function("posix_spawn");
    private static final long POSIX_SPAWN_FILE_ACTIONS_INIT = Native.function("posix_spawn_file_actions_init");
    private static final long POSIX_SPAWN_FILE_ACTIONS_ADDDUP2 = Native.function("posix_spawn_file_actions_adddup2");
    private static final long POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP =
            Native.function("posix_spawn_file_actions_addclosefrom_np");
    private static final long POSIX_SPAWN_FILE_ACTIONS_DESTROY = Native.function("posix_spawn_file_actions_destroy");
    private static final long POSIX_SPAWNATTR_INIT = Native.function("posix_spawnattr_init");
    private static final long POSIX_SPAWNATTR_SETFLAGS = Native.function("posix_spawnattr_setflags");
    private static final long POSIX_SPAWNATTR_SETSIGDEFAULT = Native.function("posix_spawnattr_setsigdefault");
    private static final long POSIX_SPAWNATTR_SETSIGMASK = Native.function("posix_spawnattr_setsigmask");
    private static final long POSIX_SPAWNATTR_DESTROY = Native.function("posix_spawnattr_destroy");

    private Host() {}

    // ---- Files

    /** memfd_create(2); {@code name} is the address of a NUL-terminated string. */
    public static int memfdCreate(long nameAddress, int flags) {
        return Native.callInt(MEMFD_CREATE, nameAddress, flags);
    }

    /** ftruncate(2). */
    public static int ftruncate(int fd, long length) {
        return Native.callInt(FTRUNCATE, fd, length);
    }

    /** fallocate(2). */
    public static int fallocate(int fd, int mode, long offset, long length) {
        return Native.callInt(FALLOCATE, fd, mode, offset, length);
    }

    /** read(2). */
    public static long read(int fd, long bufferAddress, long count) {
        return Native.call(READ, fd, bufferAddress, count);
    }

    /** write(2). */
    public static long write(int fd, long bufferAddress, long count) {
        return Native.call(WRITE, fd, bufferAddress, count);
    }

    /** pread(2). */
    public static long pread(int fd, long bufferAddress, long count, long offset) {
        return Native.call(PREAD, fd, bufferAddress, count, offset);
    }

    /** pwrite(2). */
    public static long pwrite(int fd, long bufferAddress, long count, long offset) {
        return Native.call(PWRITE, fd, bufferAddress, count, offset);
    }

    /** readv(2). */
    public static long readv(int fd, long iovecAddress, int count) {
        return Native.call(READV, fd, iovecAddress, count);
    }

    /** writev(2). */
    public static long writev(int fd, long iovecAddress, int count) {
        return Native.call(WRITEV, fd, iovecAddress, count);
    }

    /** lseek(2). */
    public static long lseek(int fd, long offset, int whence) {
        return Native.call(LSEEK, fd, offset, whence);
    }

    /**
     * mincore(2).
     *
     * @param vectorAddress receives one byte per page
     */
    public static int mincore(long address, long lengthBytes, long vectorAddress) {
        return (int) Native.call(MINCORE, address, lengthBytes, vectorAddress);
    }

    /** copy_file_range(2). */
    public static long copyFileRange(
            int fdIn, long offsetInAddress, int fdOut, long offsetOutAddress, long length, int flags) {
        return Native.call(COPY_FILE_RANGE, fdIn, offsetInAddress, fdOut, offsetOutAddress, length, flags);
    }

    /** close(2). */
    public static int close(int fd) {
        return Native.callInt(CLOSE, fd);
    }

    /** dup(2). */
    public static int dup(int fd) {
        return Native.callInt(DUP, fd);
    }

    /** dup3(2). */
    public static int dup3(int oldFd, int newFd, int flags) {
        return Native.callInt(DUP3, oldFd, newFd, flags);
    }

    /** fcntl(2). */
    public static int fcntl(int fd, int command, long argument) {
        return Native.callInt(FCNTL, fd, command, argument);
    }

    /** ioctl(2). */
    public static int ioctl(int fd, long request, long argument) {
        return Native.callInt(IOCTL, fd, request, argument);
    }

    /** fsync(2). */
    public static int fsync(int fd) {
        return Native.callInt(FSYNC, fd);
    }

    /** flock(2). */
    public static int flock(int fd, int operation) {
        return Native.callInt(FLOCK, fd, operation);
    }

    /** pipe2(2); the two descriptors are stored as ints. */
    public static int pipe2(long descriptorsAddress, int flags) {
        return Native.callInt(PIPE2, descriptorsAddress, flags);
    }

    /** eventfd(2). */
    public static int eventfd(int initialValue, int flags) {
        return Native.callInt(EVENTFD, initialValue, flags);
    }

    /** poll(2). */
    public static int poll(long pollfdsAddress, int count, int timeoutMillis) {
        return Native.callInt(POLL, pollfdsAddress, count, timeoutMillis);
    }

    // ---- Paths: strings are NUL-terminated, in native memory

    /** openat(2). */
    public static int openat(int dirfd, long pathAddress, int flags, int mode) {
        return Native.callInt(OPENAT, dirfd, pathAddress, flags, mode);
    }

    /** faccessat(2). */
    public static int faccessat(int dirfd, long pathAddress, int mode, int flags) {
        return Native.callInt(FACCESSAT, dirfd, pathAddress, mode, flags);
    }

    /** readlinkat(2). */
    public static long readlinkat(int dirfd, long pathAddress, long bufferAddress, long bufferSize) {
        return Native.call(READLINKAT, dirfd, pathAddress, bufferAddress, bufferSize);
    }

    /** newfstatat(2). */
    public static int fstatat(int dirfd, long pathAddress, long statAddress, int flags) {
        return Native.callInt(FSTATAT, dirfd, pathAddress, statAddress, flags);
    }

    /** fstat(2). */
    public static int fstat(int fd, long statAddress) {
        return Native.callInt(FSTAT, fd, statAddress);
    }

    /** statx(2). */
    public static int statx(int dirfd, long pathAddress, int flags, int mask, long statxAddress) {
        return Native.callInt(STATX, dirfd, pathAddress, flags, mask, statxAddress);
    }

    /** fstatfs(2). */
    public static int fstatfs(int fd, long statfsAddress) {
        return Native.callInt(FSTATFS, fd, statfsAddress);
    }

    /** mkdirat(2). */
    public static int mkdirat(int dirfd, long pathAddress, int mode) {
        return Native.callInt(MKDIRAT, dirfd, pathAddress, mode);
    }

    /** mknodat(2). */
    public static int mknodat(int dirfd, long pathAddress, int mode, long device) {
        return Native.callInt(MKNODAT, dirfd, pathAddress, mode, device);
    }

    /** unlinkat(2). */
    public static int unlinkat(int dirfd, long pathAddress, int flags) {
        return Native.callInt(UNLINKAT, dirfd, pathAddress, flags);
    }

    /** renameat2(2). */
    public static int renameat2(int oldDirfd, long oldPathAddress, int newDirfd, long newPathAddress, int flags) {
        return Native.callInt(RENAMEAT2, oldDirfd, oldPathAddress, newDirfd, newPathAddress, flags);
    }

    /** linkat(2). */
    public static int linkat(int oldDirfd, long oldPathAddress, int newDirfd, long newPathAddress, int flags) {
        return Native.callInt(LINKAT, oldDirfd, oldPathAddress, newDirfd, newPathAddress, flags);
    }

    /** symlinkat(2). */
    public static int symlinkat(long targetAddress, int dirfd, long pathAddress) {
        return Native.callInt(SYMLINKAT, targetAddress, dirfd, pathAddress);
    }

    /** fchmod(2). */
    public static int fchmod(int fd, int mode) {
        return Native.callInt(FCHMOD, fd, mode);
    }

    /** fchmodat(2). */
    public static int fchmodat(int dirfd, long pathAddress, int mode, int flags) {
        return Native.callInt(FCHMODAT, dirfd, pathAddress, mode, flags);
    }

    /** fchown(2). */
    public static int fchown(int fd, int owner, int group) {
        return Native.callInt(FCHOWN, fd, owner, group);
    }

    /** fchownat(2). */
    public static int fchownat(int dirfd, long pathAddress, int owner, int group, int flags) {
        return Native.callInt(FCHOWNAT, dirfd, pathAddress, owner, group, flags);
    }

    /** utimensat(2). */
    public static int utimensat(int dirfd, long pathAddress, long timesAddress, int flags) {
        return Native.callInt(UTIMENSAT, dirfd, pathAddress, timesAddress, flags);
    }

    /** fgetxattr(2). */
    public static long fgetxattr(int fd, long nameAddress, long valueAddress, long size) {
        return Native.call(FGETXATTR, fd, nameAddress, valueAddress, size);
    }

    /** lgetxattr(2). */
    public static long lgetxattr(long pathAddress, long nameAddress, long valueAddress, long size) {
        return Native.call(LGETXATTR, pathAddress, nameAddress, valueAddress, size);
    }

    /** flistxattr(2). */
    public static long flistxattr(int fd, long listAddress, long size) {
        return Native.call(FLISTXATTR, fd, listAddress, size);
    }

    /** llistxattr(2). */
    public static long llistxattr(long pathAddress, long listAddress, long size) {
        return Native.call(LLISTXATTR, pathAddress, listAddress, size);
    }

    /** fsetxattr(2). */
    public static int fsetxattr(int fd, long nameAddress, long valueAddress, long size, int flags) {
        return Native.callInt(FSETXATTR, fd, nameAddress, valueAddress, size, flags);
    }

    /** fremovexattr(2). */
    public static int fremovexattr(int fd, long nameAddress) {
        return Native.callInt(FREMOVEXATTR, fd, nameAddress);
    }

    // ---- Memory

    /** mmap(2). */
    public static long mmap(long address, long length, int protection, int flags, int fd, long offset) {
        return Native.call(MMAP, address, length, protection, flags, fd, offset);
    }

    /** munmap(2). */
    public static int munmap(long address, long length) {
        return Native.callInt(MUNMAP, address, length);
    }

    /** mprotect(2). */
    public static int mprotect(long address, long length, int protection) {
        return Native.callInt(MPROTECT, address, length, protection);
    }

    /** madvise(2). */
    public static int madvise(long address, long length, int advice) {
        return Native.callInt(MADVISE, address, length, advice);
    }

    /** process_vm_readv(2). */
    public static long processVmReadv(
            int pid, long localAddress, long localCount, long remoteAddress, long remoteCount, long flags) {
        return Native.call(PROCESS_VM_READV, pid, localAddress, localCount, remoteAddress, remoteCount, flags);
    }

    /** process_vm_writev(2). */
    public static long processVmWritev(
            int pid, long localAddress, long localCount, long remoteAddress, long remoteCount, long flags) {
        return Native.call(PROCESS_VM_WRITEV, pid, localAddress, localCount, remoteAddress, remoteCount, flags);
    }

    // ---- Processes and threads

    /** ptrace(2). The PEEK requests, whose result may be negative, do not fit: use process_vm_readv(2). */
    public static long ptrace(long request, int pid, long address, long data) {
        return Native.call(PTRACE, request, pid, address, data);
    }

    /** waitpid(2). Never call it with -1: that would steal the children of the JVM. */
    public static int waitpid(int pid, long statusAddress, int options) {
        return Native.callInt(WAITPID, pid, statusAddress, options);
    }

    /** waitid(2). */
    public static int waitid(int idType, int id, long siginfoAddress, int options) {
        return Native.callInt(WAITID, idType, id, siginfoAddress, options);
    }

    /** kill(2). */
    public static int kill(int pid, int signal) {
        return Native.callInt(KILL, pid, signal);
    }

    /** tgkill(2). */
    public static int tgkill(int tgid, int tid, int signal) {
        return Native.callInt(TGKILL, tgid, tid, signal);
    }

    /** gettid(2). */
    public static int gettid() {
        return Native.callInt(GETTID);
    }

    /** getpid(2). */
    public static int getpid() {
        return Native.callInt(GETPID);
    }

    /** getuid(2); values from 2^31 up come out negative. */
    public static int getuid() {
        return Native.callInt(GETUID);
    }

    /** geteuid(2); values from 2^31 up come out negative. */
    public static int geteuid() {
        return Native.callInt(GETEUID);
    }

    /** getgid(2); values from 2^31 up come out negative. */
    public static int getgid() {
        return Native.callInt(GETGID);
    }

    /** sched_setaffinity(2). */
    public static int schedSetaffinity(int tid, long size, long maskAddress) {
        return Native.callInt(SCHED_SETAFFINITY, tid, size, maskAddress);
    }

    /** sched_getcpu(3). */
    public static int schedGetcpu() {
        return Native.callInt(SCHED_GETCPU);
    }

    /** sched_yield(2). */
    public static int schedYield() {
        return Native.callInt(SCHED_YIELD);
    }

    /** prctl(2); most settings are per thread. */
    public static int prctl(int option, long a, long b, long c, long d) {
        return Native.callInt(PRCTL, option, a, b, c, d);
    }

    /** getrusage(2). */
    public static int getrusage(int who, long usageAddress) {
        return Native.callInt(GETRUSAGE, who, usageAddress);
    }

    /** setrlimit(2). */
    public static int setrlimit(int resource, long limitAddress) {
        return Native.callInt(SETRLIMIT, resource, limitAddress);
    }

    /** getrlimit(2). */
    public static int getrlimit(int resource, long limitAddress) {
        return Native.callInt(GETRLIMIT, resource, limitAddress);
    }

    /** setresuid(2), for all threads, as glibc does it. */
    public static int setresuid(int real, int effective, int saved) {
        return Native.callInt(SETRESUID, real, effective, saved);
    }

    /** setresgid(2), for all threads, as glibc does it. */
    public static int setresgid(int real, int effective, int saved) {
        return Native.callInt(SETRESGID, real, effective, saved);
    }

    /** setgroups(2), for all threads, as glibc does it. */
    public static int setgroups(long count, long groupsAddress) {
        return Native.callInt(SETGROUPS, count, groupsAddress);
    }

    /** chroot(2). */
    public static int chroot(long pathAddress) {
        return Native.callInt(CHROOT, pathAddress);
    }

    /** chdir(2). */
    public static int chdir(long pathAddress) {
        return Native.callInt(CHDIR, pathAddress);
    }

    /** unshare(2): of the calling thread only. */
    public static int unshare(int flags) {
        return Native.callInt(UNSHARE, flags);
    }

    /** clock_gettime(2). */
    public static int clockGettime(int clock, long timespecAddress) {
        return Native.callInt(CLOCK_GETTIME, clock, timespecAddress);
    }

    /** getrandom(2). */
    public static int getrandom(long bufferAddress, long length, int flags) {
        return Native.callInt(GETRANDOM, bufferAddress, length, flags);
    }

    /** uname(2); the structure takes 390 bytes. */
    public static int uname(long utsnameAddress) {
        return Native.callInt(UNAME, utsnameAddress);
    }

    /** getauxval(3); 0 if there is no such entry. */
    public static long getauxval(long type) {
        return Native.call(GETAUXVAL, type);
    }

    // ---- Sockets

    /** socket(2). */
    public static int socket(int domain, int type, int protocol) {
        return Native.callInt(SOCKET, domain, type, protocol);
    }

    /** socketpair(2); the two descriptors are stored as ints. */
    public static int socketpair(int domain, int type, int protocol, long descriptorsAddress) {
        return Native.callInt(SOCKETPAIR, domain, type, protocol, descriptorsAddress);
    }

    /** bind(2). */
    public static int bind(int fd, long address, int length) {
        return Native.callInt(BIND, fd, address, length);
    }

    /** listen(2). */
    public static int listen(int fd, int backlog) {
        return Native.callInt(LISTEN, fd, backlog);
    }

    /** accept4(2). */
    public static int accept4(int fd, long address, long lengthAddress, int flags) {
        return Native.callInt(ACCEPT4, fd, address, lengthAddress, flags);
    }

    /** connect(2). */
    public static int connect(int fd, long address, int length) {
        return Native.callInt(CONNECT, fd, address, length);
    }

    /** shutdown(2). */
    public static int shutdown(int fd, int how) {
        return Native.callInt(SHUTDOWN, fd, how);
    }

    /** getsockopt(2). */
    public static int getsockopt(int fd, int level, int option, long valueAddress, long lengthAddress) {
        return Native.callInt(GETSOCKOPT, fd, level, option, valueAddress, lengthAddress);
    }

    /** setsockopt(2). */
    public static int setsockopt(int fd, int level, int option, long valueAddress, int length) {
        return Native.callInt(SETSOCKOPT, fd, level, option, valueAddress, length);
    }

    /** sendmsg(2). */
    public static long sendmsg(int fd, long messageAddress, int flags) {
        return Native.call(SENDMSG, fd, messageAddress, flags);
    }

    /** recvmsg(2). */
    public static long recvmsg(int fd, long messageAddress, int flags) {
        return Native.call(RECVMSG, fd, messageAddress, flags);
    }

    // ---- Raw

    /** sched_getaffinity(2), the bare call: returns the number of bytes stored, where the wrapper of libc returns 0. */
    public static int schedGetaffinity(int tid, long size, long maskAddress) {
        return (int) Native.call(SYSCALL, 204, tid, size, maskAddress);
    }

    /** rt_sigprocmask(2), of the calling thread; either set may be 0. Sets have 8 bytes. */
    public static int rtSigprocmask(int how, long setAddress, long oldSetAddress) {
        return (int) Native.call(SYSCALL, 14, how, setAddress, oldSetAddress, 8);
    }

    /** rt_sigtimedwait(2); {@code siginfoAddress} may be 0. The set has 8 bytes. */
    public static int rtSigtimedwait(long setAddress, long siginfoAddress, long timespecAddress) {
        return (int) Native.call(SYSCALL, 128, setAddress, siginfoAddress, timespecAddress, 8);
    }

    /** openat2(2). */
    public static int openat2(int dirfd, long pathAddress, long howAddress, long size) {
        return (int) Native.call(SYSCALL, 437, dirfd, pathAddress, howAddress, size);
    }

    /** getdents64(2). */
    public static int getdents64(int fd, long bufferAddress, long count) {
        return (int) Native.call(SYSCALL, 217, fd, bufferAddress, count);
    }

    /** seccomp(2). */
    public static int seccomp(int operation, int flags, long argumentsAddress) {
        return (int) Native.call(SYSCALL, 317, operation, flags, argumentsAddress);
    }

    /** capset(2), of the calling thread only. */
    public static int capset(long headerAddress, long dataAddress) {
        return (int) Native.call(SYSCALL, 126, headerAddress, dataAddress);
    }

    /** pidfd_open(2). */
    public static int pidfdOpen(int pid, int flags) {
        return (int) Native.call(SYSCALL, 434, pid, flags);
    }

    /** pidfd_send_signal(2). */
    public static int pidfdSendSignal(int pidfd, int signal, long infoAddress, int flags) {
        return (int) Native.call(SYSCALL, 424, pidfd, signal, infoAddress, flags);
    }

    /** pidfd_getfd(2). */
    public static int pidfdGetfd(int pidfd, int targetFd, int flags) {
        return (int) Native.call(SYSCALL, 438, pidfd, targetFd, flags);
    }

    /** close_range(2). */
    public static int closeRange(int first, int last, int flags) {
        return (int) Native.call(SYSCALL, 436, first, last, flags);
    }

    /** tkill(2). */
    public static int tkill(int tid, int signal) {
        return (int) Native.call(SYSCALL, 200, tid, signal);
    }

    // ---- posix_spawn: these return a positive error number; here it is negated, as everywhere

    /** posix_spawn(3); the child's process id is stored as an int at {@code pid}. */
    public static int posixSpawn(
            long pidAddress,
            long pathAddress,
            long fileActionsAddress,
            long attributesAddress,
            long argvAddress,
            long envpAddress) {
        return -(int) Native.call(
                POSIX_SPAWN, pidAddress, pathAddress, fileActionsAddress, attributesAddress, argvAddress, envpAddress);
    }

    /** posix_spawn_file_actions_init(3); the object takes 80 bytes. */
    public static int posixSpawnFileActionsInit(long fileActionsAddress) {
        return -(int) Native.call(POSIX_SPAWN_FILE_ACTIONS_INIT, fileActionsAddress);
    }

    /** posix_spawn_file_actions_adddup2(3). */
    public static int posixSpawnFileActionsAdddup2(long fileActionsAddress, int fd, int newFd) {
        return -(int) Native.call(POSIX_SPAWN_FILE_ACTIONS_ADDDUP2, fileActionsAddress, fd, newFd);
    }

    /** posix_spawn_file_actions_addclosefrom_np(3). */
    public static int posixSpawnFileActionsAddclosefrom(long fileActionsAddress, int from) {
        return -(int) Native.call(POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP, fileActionsAddress, from);
    }

    /** posix_spawn_file_actions_destroy(3). */
    public static int posixSpawnFileActionsDestroy(long fileActionsAddress) {
        return -(int) Native.call(POSIX_SPAWN_FILE_ACTIONS_DESTROY, fileActionsAddress);
    }

    /** posix_spawnattr_init(3); the object takes 336 bytes. */
    public static int posixSpawnattrInit(long attributesAddress) {
        return -(int) Native.call(POSIX_SPAWNATTR_INIT, attributesAddress);
    }

    /** posix_spawnattr_setflags(3). */
    public static int posixSpawnattrSetflags(long attributesAddress, int flags) {
        return -(int) Native.call(POSIX_SPAWNATTR_SETFLAGS, attributesAddress, flags);
    }

    /** posix_spawnattr_setsigdefault(3). */
    public static int posixSpawnattrSetsigdefault(long attributesAddress, long setAddress) {
        return -(int) Native.call(POSIX_SPAWNATTR_SETSIGDEFAULT, attributesAddress, setAddress);
    }

    /** posix_spawnattr_setsigmask(3). */
    public static int posixSpawnattrSetsigmask(long attributesAddress, long setAddress) {
        return -(int) Native.call(POSIX_SPAWNATTR_SETSIGMASK, attributesAddress, setAddress);
    }

    /** posix_spawnattr_destroy(3). */
    public static int posixSpawnattrDestroy(long attributesAddress) {
        return -(int) Native.call(POSIX_SPAWNATTR_DESTROY, attributesAddress);
    }

    // ---- Paths as byte strings

    /** openat(2) of a path given as a byte string (ISO 8859-1). */
    public static int openat(int dirfd, String path, int flags, int mode) {
        long nameAddress = NativeMemory.allocateString(path);
        try {
            return openat(dirfd, nameAddress, flags, mode);
        } finally {
            NativeMemory.free(nameAddress);
        }
    }

    /** memfd_create(2) with a name given as a string. */
    public static int memfdCreate(String name, int flags) {
        long nameAddress = NativeMemory.allocateString(name);
        try {
            return memfdCreate(nameAddress, flags);
        } finally {
            NativeMemory.free(nameAddress);
        }
    }
}
