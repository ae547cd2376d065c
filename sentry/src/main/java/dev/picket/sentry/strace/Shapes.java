package dev.picket.sentry.strace;

import java.util.HashMap;
import java.util.Map;

/**
 * What kinds of arguments the system calls have: a letter each.
 *
 * <pre>
 *   d  an int, such as a descriptor      u  an unsigned number, such as a size
 *   s  address of a NUL-terminated path  x  an address, or anything best read in hexadecimal
 *   b  address of data of the length that the next argument gives
 *   o  a mode, in octal                  a  AT_FDCWD or a descriptor
 * </pre>
 */
final class Shapes {
    private static final String TABLE =
            """
            read dxu, write dbu, open sxo, close d, stat sx, fstat dx, lstat sx, poll xud, lseek dud, mmap xuxxdu,
            mprotect xux, munmap xu, brk x, rt_sigaction dxxu, rt_sigprocmask dxxu, rt_sigreturn, ioctl dxx,
            pread64 dxuu, pwrite64 dbuu, readv dxd, writev dxd, access so, pipe x, select dxxxx, sched_yield,
            mremap xuuxx, msync xux, mincore xux, madvise xud, dup d, dup2 dd, pause, nanosleep xx, getitimer dx,
            alarm u, setitimer dxx, getpid, sendfile ddxu, socket dxd, connect dxu, accept dxx, sendto dbuxxu,
            recvfrom dxuxxx, sendmsg dxx, recvmsg dxx, shutdown dd, bind dxu, listen dd, getsockname dxx,
            getpeername dxx, socketpair dxdx, setsockopt dddxu, getsockopt dddxx, clone xxxxx, fork, vfork,
            execve sxx, exit d, wait4 dxxx, kill dd, uname x, fcntl ddx, flock dd, fsync d, fdatasync d, truncate su,
            ftruncate du, getdents dxu, getcwd xu, chdir s, fchdir d, rename ss, mkdir so, rmdir s, creat so, link ss,
            unlink s, symlink ss, readlink sxu, chmod so, fchmod do, chown sdd, fchown ddd, lchown sdd, umask o,
            gettimeofday xx, getrlimit dx, getrusage dx, sysinfo x, times x, getuid, getgid, setuid d, setgid d,
            geteuid, getegid, setpgid dd, getppid, getpgrp, setsid, setreuid dd, setregid dd, getgroups dx,
            setgroups dx, setresuid ddd, getresuid xxx, setresgid ddd, getresgid xxx, getpgid d, getsid d,
            rt_sigpending xu, rt_sigtimedwait xxxu, rt_sigqueueinfo ddx, rt_sigsuspend xu, sigaltstack xx, mknod sou,
            statfs sx, fstatfs dx, prctl dxxxx, arch_prctl xx, setrlimit dx, chroot s, sync, mount sssxx, umount2 sx,
            sethostname bu, gettid, setxattr ssxux, getxattr ssxu, listxattr sxu, tkill dd, time x, futex xxuxxx,
            sched_setaffinity dux, sched_getaffinity dux, epoll_create d, getdents64 dxu, set_tid_address x,
            restart_syscall, fadvise64 duud, timer_create dxx, timer_settime dxxx, timer_gettime dx,
            timer_getoverrun d, timer_delete d, clock_settime dx, clock_gettime dx, clock_getres dx,
            clock_nanosleep dxxx, exit_group d, epoll_wait dxdd, epoll_ctl dddx, tgkill ddd, utimes sx,
            waitid ddxxx, openat asxo, mkdirat aso, mknodat asou, fchownat asddx, futimesat asx, newfstatat asxx,
            unlinkat asx, renameat asas, linkat asasx, symlinkat sas, readlinkat asxu, fchmodat aso, faccessat aso,
            pselect6 dxxxxx, ppoll xuxxu, set_robust_list xu, get_robust_list dxx, splice dxdxux, tee ddux,
            sync_file_range duux, vmsplice dxux, utimensat asxx, epoll_pwait dxddxu, signalfd dxu,
            timerfd_create dx, eventfd u, fallocate dxuu, timerfd_settime dxxx, timerfd_gettime dx, accept4 dxxx,
            signalfd4 dxux, eventfd2 ux, epoll_create1 x, dup3 ddx, pipe2 xx, preadv dxdu, pwritev dxdu,
            recvmmsg dxuxx, prlimit64 ddxx, syncfs d, sendmmsg dxux, getcpu xxx, process_vm_readv dxuxux,
            process_vm_writev dxuxux, kcmp dddxx, renameat2 asasx, seccomp xxx, getrandom xux, memfd_create sx, execveat asxxx,
            membarrier dxd, copy_file_range dxdxux, preadv2 dxdux, pwritev2 dxdux, statx asxxx, rseq xuxx,
            pidfd_send_signal ddxx, pidfd_open dx, clone3 xu, close_range uux, openat2 asxu, pidfd_getfd ddx,
            faccessat2 asox, epoll_pwait2 dxdxxu, fchmodat2 asox, shmget xuo, shmat dxx, shmctl ddx, shmdt x,
            semget xdo, semop dxu, semctl dddx, semtimedop dxux, msgget xo, msgsnd dxux, msgrcv dxudx, msgctl ddx,
            mq_open sxox, mq_unlink s, mq_timedsend dbuux, mq_timedreceive dxuxx, mq_notify dx, mq_getsetattr dxx,
            inotify_init, inotify_add_watch dsx, inotify_rm_watch dd, inotify_init1 x
            """;

    private final Map<String, String> byName = new HashMap<>();

    Shapes() {
        for (String line : TABLE.split(",")) {
            String[] words = line.strip().split("\\s+");
            byName.put(words[0], words.length > 1 ? words[1] : "");
        }
    }

    /** The letters of a call; six addresses for one that is not known here. */
    String of(String name) {
        return byName.getOrDefault(name, "xxxxxx");
    }
}
