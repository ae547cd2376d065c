package dev.picket.platform.seccomp;

import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.FilterProgram;
import java.util.function.Consumer;

/**
 * The seccomp filters of stubs. Of the answers of all filters of a thread the sternest counts: TRAP before ERRNO, USER_NOTIF,
 * TRACE, ALLOW.
 *
 * <p>Every thread has {@link #base}. A guest thread adds {@link #guest}, under which it can still hand its listener over,
 * and then {@link #lock}, which takes that away: from there on a guest thread makes no call by itself but rt_sigreturn(2)
 * and exit(2), and those only at the stub's own instructions. A guest that jumps there returns to registers of its choice,
 * or ends its thread, and with it its process.
 */
final class StubFilters {
    private static final int READ_WRITE_EXECUTE = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC;

    /**
     * Calls that need no more than their arguments, as ranges with both ends: those that the worker is told of while the
     * guest thread waits in them. All others go the longer way by a signal, which shows all registers. That is also the
     * way that no filter around this process can bar, such as that of a container, since TRAP comes before ERRNO: so this
     * list has only calls that containers allow as a rule.
     */
    private static final int[][] NOTIFIED = {
        {0, 14}, // read to rt_sigprocmask
        {16, 40}, // ioctl to sendfile; not rt_sigreturn
        {42, 55}, // connect to getsockopt; not socket
        {61, 100}, // wait4 to times; not clone, fork, vfork, execve, exit
        {102, 102}, // getuid
        {104, 130}, // getgid to rt_sigsuspend
        {132, 133}, // utime, mknod
        {137, 138}, // statfs, fstatfs
        {140, 152}, // getpriority to munlockall
        {157, 157}, // prctl
        {160, 160}, // setrlimit
        {162, 162}, // sync
        {186, 204}, // gettid to sched_getaffinity
        {213, 213}, // epoll_create
        {217, 218}, // getdents64, set_tid_address
        {221, 226}, // fadvise64, timers
        {228, 230}, // clock_gettime to clock_nanosleep
        {232, 235}, // epoll_wait to utimes
        {247, 247}, // waitid
        {254, 255}, // inotify_add_watch, inotify_rm_watch
        {257, 271}, // openat to ppoll
        {273, 278}, // set_robust_list to vmsplice
        {280, 297}, // utimensat to rt_tgsigqueueinfo
        {302, 302}, // prlimit64
        {309, 309}, // getcpu
        {316, 316}, // renameat2
        {318, 319}, // getrandom, memfd_create
        {326, 326}, // copy_file_range
        {332, 332}, // statx
    };

    private StubFilters() {}

    /** What mother and mapper may do, and a guest thread until it has filters of its own; anything else is ENOSYS. */
    static FilterProgram base() {
        var filter = new FilterProgram();
        filter.load(Seccomp.DATA_ARCH);
        filter.ifNotEqual(Seccomp.AUDIT_ARCH_X86_64, StubFilters::trap);
        filter.load(Seccomp.DATA_NR);
        allow(filter, SyscallNumber.MMAP, call -> {
            int flags = Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE;
            call.loadArgument(3);
            call.ifNotEqual(flags, other -> other.ifNotEqual(flags | Mman.MAP_POPULATE, StubFilters::refuse));
            call.loadArgument(2);
            call.ifBitsOutside(READ_WRITE_EXECUTE, StubFilters::refuse);
            call.loadArgument(4);
            call.ifEqual(StubLayout.COMMANDS_DESCRIPTOR, commands -> {
                commands.loadArgument(2);
                commands.ifNotEqual(Mman.PROT_READ, StubFilters::refuse);
            });
        });
        allow(filter, SyscallNumber.MUNMAP, call -> {});
        allow(filter, SyscallNumber.MPROTECT, call -> {
            call.loadArgument(2);
            call.ifBitsOutside(READ_WRITE_EXECUTE, StubFilters::refuse);
        });
        allow(filter, SyscallNumber.READ, call -> requireFirst(call, StubLayout.CONTROL_DESCRIPTOR));
        allow(filter, SyscallNumber.SENDMSG, call -> requireFirst(call, StubLayout.SOCKET_DESCRIPTOR));
        allow(filter, SyscallNumber.SENDTO, call -> requireFirst(call, StubLayout.SOCKET_DESCRIPTOR));
        allow(filter, SyscallNumber.DUP3, call -> requireFirst(call, StubLayout.PASSING_DESCRIPTOR));
        allow(filter, SyscallNumber.CLOSE, call -> requireFirst(call, StubLayout.PASSING_DESCRIPTOR));
        allow(filter, SyscallNumber.CLONE, call -> {
            call.loadArgument(0);
            call.ifNotEqual(
                    StubImage.CLONE_PROCESS_FLAGS,
                    other -> other.ifNotEqual(StubImage.CLONE_THREAD_FLAGS, StubFilters::refuse));
        });
        allow(filter, SyscallNumber.RT_SIGRETURN, call -> {});
        allow(filter, SyscallNumber.GETPID, call -> {});
        allow(filter, SyscallNumber.SIGALTSTACK, call -> {});
        allow(filter, SyscallNumber.SECCOMP, call -> {});
        allow(filter, SyscallNumber.EXIT, call -> {});
        allow(filter, SyscallNumber.EXIT_GROUP, call -> {});
        refuse(filter);
        return filter;
    }

    /** What the mapper adds: the doorbell, and calls that touch nothing but the guest's part of the address space. */
    static FilterProgram mapper(StubImage image) {
        var filter = new FilterProgram();
        filter.load(Seccomp.DATA_NR);
        filter.ifEqual(SyscallNumber.GETPID, call -> {
            call.load(Seccomp.DATA_INSTRUCTION_POINTER);
            call.ifEqual((int) image.mapperBell(), StubFilters::notifyWorker);
            call.answer(Seccomp.SECCOMP_RET_KILL_PROCESS);
        });
        for (int number : new int[] {SyscallNumber.MMAP, SyscallNumber.MUNMAP, SyscallNumber.MPROTECT}) {
            allow(filter, number, call -> {
                call.loadArgumentHigh(0);
                call.ifAtLeast((int) (StubLayout.LIMIT >>> 32), high -> {
                    high.ifNotEqual(
                            (int) (StubLayout.LIMIT >>> 32), beyond -> beyond.answer(Seccomp.SECCOMP_RET_KILL_PROCESS));
                    high.loadArgument(0);
                    high.ifAtLeast((int) StubLayout.LIMIT, beyond -> beyond.answer(Seccomp.SECCOMP_RET_KILL_PROCESS));
                });
            });
        }
        for (int number : new int[] {SyscallNumber.SENDMSG, SyscallNumber.CLOSE, SyscallNumber.EXIT_GROUP}) {
            allow(filter, number, call -> {});
        }
        filter.answer(Seccomp.SECCOMP_RET_KILL_PROCESS);
        return filter;
    }

    /** What a guest thread's calls become. */
    static FilterProgram guest(StubImage image) {
        var filter = new FilterProgram();
        filter.load(Seccomp.DATA_ARCH);
        filter.ifNotEqual(Seccomp.AUDIT_ARCH_X86_64, StubFilters::trap);
        filter.load(Seccomp.DATA_INSTRUCTION_POINTER + 4);
        filter.ifEqual((int) (StubLayout.TEXT >>> 32), high -> {
            high.load(Seccomp.DATA_INSTRUCTION_POINTER);
            callAt(high, image.bell(), SyscallNumber.GETPID, Seccomp.SECCOMP_RET_USER_NOTIF);
            callAt(high, image.signalReturn(), SyscallNumber.RT_SIGRETURN, Seccomp.SECCOMP_RET_ALLOW);
            callAt(high, image.threadExit(), SyscallNumber.EXIT, Seccomp.SECCOMP_RET_ALLOW);
            for (long address : image.handOverCalls()) {
                high.ifEqual((int) address, call -> call.answer(Seccomp.SECCOMP_RET_ALLOW));
            }
            high.load(Seccomp.DATA_INSTRUCTION_POINTER + 4);
        });
        filter.ifEqual(0xffff_ffff, StubFilters::trap); // the vsyscall page
        filter.load(Seccomp.DATA_NR);
        notified(filter, 0, NOTIFIED.length);
        trap(filter);
        return filter;
    }

    /** Looks a number up in some of the ranges, by halving. */
    private static void notified(FilterProgram filter, int from, int to) {
        if (to - from == 1) {
            filter.ifAtLeast(
                    NOTIFIED[from][0], above -> above.ifBelow(NOTIFIED[from][1] + 1, StubFilters::notifyWorker));
            trap(filter);
            return;
        }
        int middle = (from + to) >>> 1;
        filter.ifBelow(NOTIFIED[middle][0], below -> notified(below, from, middle));
        notified(filter, middle, to);
    }

    /** Bars the calls by which a new guest thread hands its listener over. */
    static FilterProgram lock(StubImage image) {
        var filter = new FilterProgram();
        filter.load(Seccomp.DATA_INSTRUCTION_POINTER + 4);
        filter.ifEqual((int) (StubLayout.TEXT >>> 32), high -> {
            high.load(Seccomp.DATA_INSTRUCTION_POINTER);
            for (long address : image.handOverCalls()) {
                high.ifEqual((int) address, StubFilters::trap);
            }
        });
        filter.answer(Seccomp.SECCOMP_RET_ALLOW);
        return filter;
    }

    private static void callAt(FilterProgram filter, long address, int number, int action) {
        filter.ifEqual((int) address, here -> {
            here.load(Seccomp.DATA_NR);
            here.ifEqual(number, call -> call.answer(action));
            here.load(Seccomp.DATA_INSTRUCTION_POINTER);
        });
    }

    private static void allow(FilterProgram filter, int number, Consumer<FilterProgram> checks) {
        filter.ifEqual(number, call -> {
            checks.accept(call);
            call.answer(Seccomp.SECCOMP_RET_ALLOW);
        });
    }

    private static void requireFirst(FilterProgram call, int descriptor) {
        call.loadArgument(0);
        call.ifNotEqual(descriptor, StubFilters::refuse);
    }

    private static void notifyWorker(FilterProgram filter) {
        filter.answer(Seccomp.SECCOMP_RET_USER_NOTIF);
    }

    private static void trap(FilterProgram filter) {
        filter.answer(Seccomp.SECCOMP_RET_TRAP);
    }

    /** ENOSYS where this is the only filter, for nobody traces a stub; a guest thread's own filter is sterner. */
    private static void refuse(FilterProgram filter) {
        filter.answer(Seccomp.SECCOMP_RET_TRACE);
    }
}
