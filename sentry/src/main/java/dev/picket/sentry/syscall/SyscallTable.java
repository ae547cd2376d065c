package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Errno.*;

import dev.picket.sentry.errno.ErrnoException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Who handles which system call: one line for every number of the x86-64 ABI, those that are missing included. The page
 * {@code docs/syscalls.md} is made from it.
 */
public final class SyscallTable {
    /** One more than the highest number of the ABI. */
    public static final int SIZE = 463;

    /** How much of a call works. */
    public enum Support {
        FULL,
        PARTIAL,
        REFUSED
    }

    /**
     * A line of the table.
     *
     * @param note what is missing, or why it is refused; empty for full support
     * @param errno what a refused call gives; 0 for the others
     */
    public record Entry(int number, String name, Support support, int errno, String note) {}

    private static final String UNSCHEDULED = "checked and kept, without effect: the host schedules";

    private final Entry[] entries = new Entry[SIZE];
    private final SyscallHandler[] handlers = new SyscallHandler[SIZE];

    public SyscallTable() {
        supported(0, "read", ReadWrite::read);
        supported(1, "write", ReadWrite::write);
        supported(2, "open", OpenClose::open);
        supported(3, "close", OpenClose::close);
        supported(4, "stat", FileStatus::stat);
        supported(5, "fstat", FileStatus::fstat);
        supported(6, "lstat", FileStatus::lstat);
        supported(7, "poll", Polling::poll);
        supported(8, "lseek", ReadWrite::lseek);
        partial(9, "mmap", Memory::mmap, "no huge pages, no MAP_SYNC");
        supported(10, "mprotect", Memory::mprotect);
        supported(11, "munmap", Memory::munmap);
        supported(12, "brk", Memory::brk);
        supported(13, "rt_sigaction", SignalCalls::rtSigaction);
        supported(14, "rt_sigprocmask", SignalCalls::rtSigprocmask);
        supported(15, "rt_sigreturn", SignalCalls::rtSigreturn);
        supported(16, "ioctl", IoctlCalls::ioctl);
        supported(17, "pread64", ReadWrite::pread64);
        supported(18, "pwrite64", ReadWrite::pwrite64);
        supported(19, "readv", ReadWrite::readv);
        supported(20, "writev", ReadWrite::writev);
        supported(21, "access", FileStatus::access);
        supported(22, "pipe", Pipes::pipe);
        supported(23, "select", Polling::select);
        supported(24, "sched_yield", Scheduling::schedYield);
        supported(25, "mremap", Memory::mremap);
        partial(
                26,
                "msync",
                Memory::msync,
                "checks its arguments; pages of files are shared anyway, and not flushed to the host's disk");
        supported(27, "mincore", Memory::mincore);
        partial(
                28,
                "madvise",
                Memory::madvise,
                "MADV_FREE frees at once; MADV_REMOVE only of anonymous memory; hints are ignored");
        partial(29, "shmget", SharedMemoryCalls::shmget, "SHM_HUGETLB as without huge pages set aside");
        supported(30, "shmat", SharedMemoryCalls::shmat);
        supported(31, "shmctl", SharedMemoryCalls::shmctl);
        supported(32, "dup", OpenClose::dup);
        supported(33, "dup2", OpenClose::dup2);
        supported(34, "pause", SignalCalls::pause);
        supported(35, "nanosleep", TimeCalls::nanosleep);
        supported(36, "getitimer", TimerCalls::getitimer);
        supported(37, "alarm", TimerCalls::alarm);
        supported(38, "setitimer", TimerCalls::setitimer);
        supported(39, "getpid", Processes::getpid);
        supported(40, "sendfile", FileCopies::sendfile);
        partial(
                41,
                "socket",
                SocketCalls::socket,
                "AF_UNIX, AF_INET, AF_INET6, AF_NETLINK (NETLINK_ROUTE); no raw sockets");
        supported(42, "connect", SocketCalls::connect);
        supported(43, "accept", SocketCalls::accept);
        partial(44, "sendto", SocketMessages::sendto, "no MSG_MORE of datagrams, no MSG_ZEROCOPY");
        supported(45, "recvfrom", SocketMessages::recvfrom);
        partial(46, "sendmsg", SocketMessages::sendmsg, "no MSG_MORE of datagrams, no MSG_ZEROCOPY");
        supported(47, "recvmsg", SocketMessages::recvmsg);
        supported(48, "shutdown", SocketCalls::shutdown);
        supported(49, "bind", SocketCalls::bind);
        supported(50, "listen", SocketCalls::listen);
        supported(51, "getsockname", SocketCalls::getsockname);
        supported(52, "getpeername", SocketCalls::getpeername);
        supported(53, "socketpair", SocketCalls::socketpair);
        partial(54, "setsockopt", SocketCalls::setsockopt, "no filters, no source-specific groups");
        partial(55, "getsockopt", SocketCalls::getsockopt, "no filters, no source-specific groups");
        supported(56, "clone", Processes::clone);
        supported(57, "fork", Processes::fork);
        supported(58, "vfork", Processes::vfork);
        supported(59, "execve", Processes::execve);
        supported(60, "exit", Processes::exit);
        supported(61, "wait4", Processes::wait4);
        supported(62, "kill", Kill::kill);
        supported(63, "uname", SystemInformation::uname);
        supported(64, "semget", SemaphoreCalls::semget);
        supported(65, "semop", SemaphoreCalls::semop);
        supported(66, "semctl", SemaphoreCalls::semctl);
        supported(67, "shmdt", SharedMemoryCalls::shmdt);
        supported(68, "msgget", MessageCalls::msgget);
        supported(69, "msgsnd", MessageCalls::msgsnd);
        supported(70, "msgrcv", MessageCalls::msgrcv);
        supported(71, "msgctl", MessageCalls::msgctl);
        partial(72, "fcntl", FcntlCalls::fcntl, "no leases, no EDEADLK");
        supported(73, "flock", FcntlCalls::flock);
        supported(74, "fsync", FileSpace::fsync);
        supported(75, "fdatasync", FileSpace::fsync);
        supported(76, "truncate", FileSpace::truncate);
        supported(77, "ftruncate", FileSpace::ftruncate);
        supported(78, "getdents", Directories::getdents);
        supported(79, "getcwd", Directories::getcwd);
        supported(80, "chdir", Directories::chdir);
        supported(81, "fchdir", Directories::fchdir);
        supported(82, "rename", Links::rename);
        supported(83, "mkdir", Directories::mkdir);
        supported(84, "rmdir", Directories::rmdir);
        supported(85, "creat", OpenClose::creat);
        supported(86, "link", Links::link);
        supported(87, "unlink", Links::unlink);
        supported(88, "symlink", Links::symlink);
        supported(89, "readlink", Links::readlink);
        supported(90, "chmod", Ownership::chmod);
        supported(91, "fchmod", Ownership::fchmod);
        supported(92, "chown", Ownership::chown);
        supported(93, "fchown", Ownership::fchown);
        supported(94, "lchown", Ownership::lchown);
        supported(95, "umask", Ownership::umask);
        supported(96, "gettimeofday", TimeCalls::gettimeofday);
        supported(97, "getrlimit", Limits::getrlimit);
        partial(
                98,
                "getrusage",
                Limits::getrusage,
                "faults are an estimate, and never major; switches: waits and interruptions");
        supported(99, "sysinfo", SystemInformation::sysinfo);
        supported(100, "times", TimeCalls::times);
        partial(
                101,
                "ptrace",
                PtraceCalls::ptrace,
                "no hardware breakpoints; segment registers stay as they are; PTRACE_SECCOMP_GET_FILTER and the like"
                        + " are missing");
        supported(102, "getuid", Identity::getuid);
        partial(103, "syslog", SystemInformation::syslog, "the log is empty");
        supported(104, "getgid", Identity::getgid);
        supported(105, "setuid", Identity::setuid);
        supported(106, "setgid", Identity::setgid);
        supported(107, "geteuid", Identity::geteuid);
        supported(108, "getegid", Identity::getegid);
        supported(109, "setpgid", JobControlCalls::setpgid);
        supported(110, "getppid", Processes::getppid);
        supported(111, "getpgrp", JobControlCalls::getpgrp);
        supported(112, "setsid", JobControlCalls::setsid);
        supported(113, "setreuid", Identity::setreuid);
        supported(114, "setregid", Identity::setregid);
        supported(115, "getgroups", Identity::getgroups);
        supported(116, "setgroups", Identity::setgroups);
        supported(117, "setresuid", Identity::setresuid);
        supported(118, "getresuid", Identity::getresuid);
        supported(119, "setresgid", Identity::setresgid);
        supported(120, "getresgid", Identity::getresgid);
        supported(121, "getpgid", JobControlCalls::getpgid);
        supported(122, "setfsuid", Identity::setfsuid);
        supported(123, "setfsgid", Identity::setfsgid);
        supported(124, "getsid", JobControlCalls::getsid);
        supported(125, "capget", Capabilities::capget);
        supported(126, "capset", Capabilities::capset);
        supported(127, "rt_sigpending", SignalCalls::rtSigpending);
        supported(128, "rt_sigtimedwait", SignalCalls::rtSigtimedwait);
        supported(129, "rt_sigqueueinfo", Kill::rtSigqueueinfo);
        supported(130, "rt_sigsuspend", SignalCalls::rtSigsuspend);
        supported(131, "sigaltstack", SignalCalls::sigaltstack);
        supported(132, "utime", Ownership::utime);
        supported(133, "mknod", Links::mknod);
        refused(134, "uselib", ENOSYS, "obsolete in Linux too");
        partial(135, "personality", SystemInformation::personality, "PER_LINUX and ADDR_NO_RANDOMIZE only");
        refused(136, "ustat", ENOSYS, "obsolete in Linux too");
        supported(137, "statfs", FileStatus::statfs);
        supported(138, "fstatfs", FileStatus::fstatfs);
        refused(139, "sysfs", ENOSYS, "obsolete in Linux too");
        supported(140, "getpriority", Priorities::getpriority);
        partial(141, "setpriority", Priorities::setpriority, UNSCHEDULED);
        partial(142, "sched_setparam", Scheduling::schedSetparam, UNSCHEDULED);
        supported(143, "sched_getparam", Scheduling::schedGetparam);
        partial(144, "sched_setscheduler", Scheduling::schedSetscheduler, UNSCHEDULED);
        supported(145, "sched_getscheduler", Scheduling::schedGetscheduler);
        supported(146, "sched_get_priority_max", Scheduling::schedGetPriorityMax);
        supported(147, "sched_get_priority_min", Scheduling::schedGetPriorityMin);
        supported(148, "sched_rr_get_interval", Scheduling::schedRrGetInterval);
        partial(149, "mlock", Memory::mlock, "counts only: nothing is ever swapped");
        supported(150, "munlock", Memory::munlock);
        partial(151, "mlockall", Memory::mlockall, "counts only: nothing is ever swapped");
        supported(152, "munlockall", Memory::munlockall);
        refused(153, "vhangup", EPERM, "no terminals of the host");
        refused(154, "modify_ldt", ENOSYS, "not yet");
        partial(155, "pivot_root", Mounts::pivotRoot, "changes root and working directory of the caller only");
        refused(156, "_sysctl", ENOSYS, "obsolete in Linux too");
        partial(157, "prctl", ProcessControl::prctl, "no PR_SET_MM and newer ones");
        supported(158, "arch_prctl", ProcessControl::archPrctl);
        partial(159, "adjtimex", ClockSettings::adjtimex, "reads only");
        supported(160, "setrlimit", Limits::setrlimit);
        supported(161, "chroot", Directories::chroot);
        supported(162, "sync", FileSpace::sync);
        refused(163, "acct", EPERM, "no process accounting");
        partial(164, "settimeofday", ClockSettings::settimeofday, "EPERM: the clock is the host's");
        partial(
                165,
                "mount",
                Mounts::mount,
                "tmpfs, bind mounts, moves, changes of flags; proc, sysfs, devpts, mqueue and cgroup show what is"
                        + " mounted already; nothing is propagated between namespaces");
        partial(166, "umount2", Mounts::umount2, "no MNT_EXPIRE; files that are open do not keep it from working");
        refused(167, "swapon", EPERM, "no swap");
        refused(168, "swapoff", EPERM, "no swap");
        refused(169, "reboot", EPERM, "a sandbox ends with its first process");
        supported(170, "sethostname", SystemInformation::sethostname);
        supported(171, "setdomainname", SystemInformation::setdomainname);
        refused(172, "iopl", EPERM, "no ports");
        refused(173, "ioperm", EPERM, "no ports");
        refused(174, "create_module", ENOSYS, "obsolete in Linux too");
        refused(175, "init_module", EPERM, "no modules");
        refused(176, "delete_module", EPERM, "no modules");
        refused(177, "get_kernel_syms", ENOSYS, "obsolete in Linux too");
        refused(178, "query_module", ENOSYS, "obsolete in Linux too");
        refused(179, "quotactl", EPERM, "no quotas");
        refused(180, "nfsservctl", ENOSYS, "obsolete in Linux too");
        refused(181, "getpmsg", ENOSYS, "obsolete in Linux too");
        refused(182, "putpmsg", ENOSYS, "obsolete in Linux too");
        refused(183, "afs_syscall", ENOSYS, "obsolete in Linux too");
        refused(184, "tuxcall", ENOSYS, "obsolete in Linux too");
        refused(185, "security", ENOSYS, "obsolete in Linux too");
        supported(186, "gettid", Processes::gettid);
        supported(187, "readahead", FileSpace::readahead);
        supported(188, "setxattr", ExtendedAttributeCalls::setxattr);
        supported(189, "lsetxattr", ExtendedAttributeCalls::lsetxattr);
        supported(190, "fsetxattr", ExtendedAttributeCalls::fsetxattr);
        supported(191, "getxattr", ExtendedAttributeCalls::getxattr);
        supported(192, "lgetxattr", ExtendedAttributeCalls::lgetxattr);
        supported(193, "fgetxattr", ExtendedAttributeCalls::fgetxattr);
        supported(194, "listxattr", ExtendedAttributeCalls::listxattr);
        supported(195, "llistxattr", ExtendedAttributeCalls::llistxattr);
        supported(196, "flistxattr", ExtendedAttributeCalls::flistxattr);
        supported(197, "removexattr", ExtendedAttributeCalls::removexattr);
        supported(198, "lremovexattr", ExtendedAttributeCalls::lremovexattr);
        supported(199, "fremovexattr", ExtendedAttributeCalls::fremovexattr);
        supported(200, "tkill", Kill::tkill);
        supported(201, "time", TimeCalls::time);
        partial(202, "futex", Futexes::futex, "locks inherit no priority: the host schedules");
        partial(203, "sched_setaffinity", Affinity::schedSetaffinity, UNSCHEDULED);
        supported(204, "sched_getaffinity", Affinity::schedGetaffinity);
        refused(205, "set_thread_area", ENOSYS, "obsolete in Linux too");
        refused(206, "io_setup", ENOSYS, "not yet");
        refused(207, "io_destroy", ENOSYS, "not yet");
        refused(208, "io_getevents", ENOSYS, "not yet");
        refused(209, "io_submit", ENOSYS, "not yet");
        refused(210, "io_cancel", ENOSYS, "not yet");
        refused(211, "get_thread_area", ENOSYS, "obsolete in Linux too");
        refused(212, "lookup_dcookie", ENOSYS, "obsolete in Linux too");
        supported(213, "epoll_create", EpollCalls::epollCreate);
        refused(214, "epoll_ctl_old", ENOSYS, "obsolete in Linux too");
        refused(215, "epoll_wait_old", ENOSYS, "obsolete in Linux too");
        supported(216, "remap_file_pages", Memory::remapFilePages);
        supported(217, "getdents64", Directories::getdents64);
        supported(218, "set_tid_address", Processes::setTidAddress);
        supported(219, "restart_syscall", SignalCalls::restartSyscall);
        supported(220, "semtimedop", SemaphoreCalls::semtimedop);
        supported(221, "fadvise64", FileSpace::fadvise64);
        supported(222, "timer_create", TimerCalls::timerCreate);
        supported(223, "timer_settime", TimerCalls::timerSettime);
        supported(224, "timer_gettime", TimerCalls::timerGettime);
        supported(225, "timer_getoverrun", TimerCalls::timerGetoverrun);
        supported(226, "timer_delete", TimerCalls::timerDelete);
        partial(227, "clock_settime", ClockSettings::clockSettime, "EPERM: the clock is the host's");
        supported(228, "clock_gettime", TimeCalls::clockGettime);
        supported(229, "clock_getres", TimeCalls::clockGetres);
        supported(230, "clock_nanosleep", TimeCalls::clockNanosleep);
        supported(231, "exit_group", Processes::exitGroup);
        supported(232, "epoll_wait", EpollCalls::epollWait);
        partial(233, "epoll_ctl", EpollCalls::epollCtl, "EPOLLEXCLUSIVE wakes all");
        supported(234, "tgkill", Kill::tgkill);
        supported(235, "utimes", Ownership::utimes);
        refused(236, "vserver", ENOSYS, "obsolete in Linux too");
        refused(237, "mbind", ENOSYS, "not yet");
        refused(238, "set_mempolicy", ENOSYS, "not yet");
        refused(239, "get_mempolicy", ENOSYS, "not yet");
        supported(240, "mq_open", MqueueCalls::mqOpen);
        supported(241, "mq_unlink", MqueueCalls::mqUnlink);
        supported(242, "mq_timedsend", MqueueCalls::mqTimedsend);
        supported(243, "mq_timedreceive", MqueueCalls::mqTimedreceive);
        supported(244, "mq_notify", MqueueCalls::mqNotify);
        supported(245, "mq_getsetattr", MqueueCalls::mqGetsetattr);
        refused(246, "kexec_load", EPERM, "no other kernel");
        supported(247, "waitid", Processes::waitid);
        refused(248, "add_key", EACCES, "no kernel keys");
        refused(249, "request_key", EACCES, "no kernel keys");
        refused(250, "keyctl", EACCES, "no kernel keys");
        partial(251, "ioprio_set", Priorities::ioprioSet, "checked and kept, without effect");
        supported(252, "ioprio_get", Priorities::ioprioGet);
        supported(253, "inotify_init", InotifyCalls::inotifyInit);
        supported(254, "inotify_add_watch", InotifyCalls::inotifyAddWatch);
        supported(255, "inotify_rm_watch", InotifyCalls::inotifyRmWatch);
        refused(256, "migrate_pages", ENOSYS, "not yet");
        supported(257, "openat", OpenClose::openat);
        supported(258, "mkdirat", Directories::mkdirat);
        supported(259, "mknodat", Links::mknodat);
        supported(260, "fchownat", Ownership::fchownat);
        supported(261, "futimesat", Ownership::futimesat);
        supported(262, "newfstatat", FileStatus::newfstatat);
        supported(263, "unlinkat", Links::unlinkat);
        supported(264, "renameat", Links::renameat);
        supported(265, "linkat", Links::linkat);
        supported(266, "symlinkat", Links::symlinkat);
        supported(267, "readlinkat", Links::readlinkat);
        supported(268, "fchmodat", Ownership::fchmodat);
        supported(269, "faccessat", FileStatus::faccessat);
        supported(270, "pselect6", Polling::pselect6);
        supported(271, "ppoll", Polling::ppoll);
        partial(
                272,
                "unshare",
                NamespaceCalls::unshare,
                "no process and time namespaces; those of IPC, network and control groups share what is in them");
        supported(273, "set_robust_list", Processes::setRobustList);
        supported(274, "get_robust_list", Processes::getRobustList);
        partial(275, "splice", Splices::splice, "copies, a page at a time");
        supported(276, "tee", Pipes::tee);
        supported(277, "sync_file_range", FileSpace::syncFileRange);
        supported(278, "vmsplice", Pipes::vmsplice);
        refused(279, "move_pages", ENOSYS, "not yet");
        supported(280, "utimensat", Ownership::utimensat);
        supported(281, "epoll_pwait", EpollCalls::epollPwait);
        partial(282, "signalfd", EventFiles::signalfd, "poll looks at the process that read last");
        supported(283, "timerfd_create", EventFiles::timerfdCreate);
        supported(284, "eventfd", EventFiles::eventfd);
        supported(285, "fallocate", FileSpace::fallocate);
        supported(286, "timerfd_settime", EventFiles::timerfdSettime);
        supported(287, "timerfd_gettime", EventFiles::timerfdGettime);
        supported(288, "accept4", SocketCalls::accept4);
        partial(289, "signalfd4", EventFiles::signalfd4, "poll looks at the process that read last");
        supported(290, "eventfd2", EventFiles::eventfd2);
        supported(291, "epoll_create1", EpollCalls::epollCreate1);
        supported(292, "dup3", OpenClose::dup3);
        partial(293, "pipe2", Pipes::pipe2, "no O_DIRECT, no O_NOTIFICATION_PIPE");
        supported(294, "inotify_init1", InotifyCalls::inotifyInit1);
        supported(295, "preadv", ReadWrite::preadv);
        supported(296, "pwritev", ReadWrite::pwritev);
        supported(297, "rt_tgsigqueueinfo", Kill::rtTgsigqueueinfo);
        refused(298, "perf_event_open", EPERM, "no performance counters");
        supported(299, "recvmmsg", SocketMessages::recvmmsg);
        refused(300, "fanotify_init", ENOSYS, "no fanotify");
        refused(301, "fanotify_mark", ENOSYS, "no fanotify");
        supported(302, "prlimit64", Limits::prlimit64);
        refused(303, "name_to_handle_at", EOPNOTSUPP, "as file systems without handles answer");
        refused(304, "open_by_handle_at", EPERM, "as without CAP_DAC_READ_SEARCH");
        partial(305, "clock_adjtime", ClockSettings::clockAdjtime, "reads only");
        supported(306, "syncfs", FileSpace::fsync);
        supported(307, "sendmmsg", SocketMessages::sendmmsg);
        partial(308, "setns", NamespaceCalls::setns, "as unshare");
        supported(309, "getcpu", Affinity::getcpu);
        supported(310, "process_vm_readv", ProcessMemory::processVmReadv);
        supported(311, "process_vm_writev", ProcessMemory::processVmWritev);
        partial(312, "kcmp", ProcessComparison::kcmp, "no KCMP_EPOLL_TFD");
        refused(313, "finit_module", EPERM, "no modules");
        partial(314, "sched_setattr", Scheduling::schedSetattr, UNSCHEDULED);
        supported(315, "sched_getattr", Scheduling::schedGetattr);
        supported(316, "renameat2", Links::renameat2);
        partial(317, "seccomp", SeccompCalls::seccomp, "SECCOMP_RET_LOG logs nothing");
        supported(318, "getrandom", SystemInformation::getrandom);
        partial(319, "memfd_create", MemoryFiles::memfdCreate, "no huge pages");
        refused(320, "kexec_file_load", EPERM, "no other kernel");
        refused(321, "bpf", EPERM, "no BPF");
        supported(322, "execveat", Processes::execveat);
        refused(323, "userfaultfd", EPERM, "pages fault in the Sentry only");
        partial(324, "membarrier", Barriers::membarrier, "not for restartable sequences");
        partial(325, "mlock2", Memory::mlock2, "counts only: nothing is ever swapped");
        supported(326, "copy_file_range", FileCopies::copyFileRange);
        supported(327, "preadv2", ReadWrite::preadv2);
        supported(328, "pwritev2", ReadWrite::pwritev2);
        partial(329, "pkey_mprotect", Memory::pkeyMprotect, "only without a key");
        refused(330, "pkey_alloc", ENOSYS, "not yet");
        refused(331, "pkey_free", ENOSYS, "not yet");
        partial(332, "statx", FileStatus::statx, "no birth time");
        refused(333, "io_pgetevents", ENOSYS, "not yet");
        refused(334, "rseq", ENOSYS, "the C library does without");
        refused(335, "uretprobe", ENOSYS, "obsolete in Linux too");
        supported(424, "pidfd_send_signal", Kill::pidfdSendSignal);
        refused(425, "io_uring_setup", ENOSYS, "not yet");
        refused(426, "io_uring_enter", ENOSYS, "not yet");
        refused(427, "io_uring_register", ENOSYS, "not yet");
        refused(428, "open_tree", ENOSYS, "not yet");
        refused(429, "move_mount", ENOSYS, "not yet");
        refused(430, "fsopen", ENOSYS, "not yet");
        refused(431, "fsconfig", ENOSYS, "not yet");
        refused(432, "fsmount", ENOSYS, "not yet");
        refused(433, "fspick", ENOSYS, "not yet");
        supported(434, "pidfd_open", PidFiles::pidfdOpen);
        partial(435, "clone3", Processes::clone3, "no set_tid, no CLONE_INTO_CGROUP");
        supported(436, "close_range", OpenClose::closeRange);
        supported(437, "openat2", OpenClose::openat2);
        supported(438, "pidfd_getfd", PidFiles::pidfdGetfd);
        supported(439, "faccessat2", FileStatus::faccessat2);
        refused(440, "process_madvise", ENOSYS, "not yet");
        supported(441, "epoll_pwait2", EpollCalls::epollPwait2);
        refused(442, "mount_setattr", ENOSYS, "not yet");
        refused(443, "quotactl_fd", EPERM, "no quotas");
        refused(444, "landlock_create_ruleset", ENOSYS, "not yet");
        refused(445, "landlock_add_rule", ENOSYS, "not yet");
        refused(446, "landlock_restrict_self", ENOSYS, "not yet");
        refused(447, "memfd_secret", ENOSYS, "not yet");
        refused(448, "process_mrelease", ENOSYS, "not yet");
        supported(449, "futex_waitv", FutexVectors::futexWaitv);
        refused(450, "set_mempolicy_home_node", ENOSYS, "not yet");
        refused(451, "cachestat", ENOSYS, "not yet");
        supported(452, "fchmodat2", Ownership::fchmodat2);
        refused(453, "map_shadow_stack", ENOSYS, "not yet");
        supported(454, "futex_wake", FutexVectors::futexWake);
        supported(455, "futex_wait", FutexVectors::futexWait);
        supported(456, "futex_requeue", FutexVectors::futexRequeue);
        refused(457, "statmount", ENOSYS, "not yet");
        refused(458, "listmount", ENOSYS, "not yet");
        refused(459, "lsm_get_self_attr", ENOSYS, "not yet");
        refused(460, "lsm_set_self_attr", ENOSYS, "not yet");
        refused(461, "lsm_list_modules", ENOSYS, "not yet");
        refused(462, "mseal", ENOSYS, "not yet");
    }

    /** The handler of a number, or null if the ABI has no such call. */
    SyscallHandler handler(int number) {
        return number >= 0 && number < SIZE ? handlers[number] : null;
    }

    /** The line of a number, or null if the ABI has no such call. */
    public Entry entry(int number) {
        return number >= 0 && number < SIZE ? entries[number] : null;
    }

    /** All lines, by number. */
    public List<Entry> entries() {
        return Arrays.stream(entries).filter(Objects::nonNull).toList();
    }

    private void supported(int number, String name, SyscallHandler handler) {
        add(new Entry(number, name, Support.FULL, 0, ""), handler);
    }

    private void partial(int number, String name, SyscallHandler handler, String missing) {
        add(new Entry(number, name, Support.PARTIAL, 0, missing), handler);
    }

    private void refused(int number, String name, int errno, String reason) {
        var failure = ErrnoException.of(errno);
        add(new Entry(number, name, Support.REFUSED, errno, reason), (task, args) -> {
            task.kernel().countRefused(number);
            throw failure;
        });
    }

    private void add(Entry entry, SyscallHandler handler) {
        if (entries[entry.number()] != null) {
            throw new IllegalStateException("two lines for system call " + entry.number());
        }
        entries[entry.number()] = entry;
        handlers[entry.number()] = handler;
    }
}
