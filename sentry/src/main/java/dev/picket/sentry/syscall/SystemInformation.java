package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The system as a whole: uname(2), sysinfo(2), sethostname(2), syslog(2), reboot(2), personality(2). */
final class SystemInformation {
    private static final int FIELD_BYTES = 65;
    private static final int HOST_NAME_MAX = 64;
    private static final int SYSINFO_BYTES = 112;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int SYSLOG_ACTION_READ_ALL = 3;
    private static final int SYSLOG_ACTION_SIZE_BUFFER = 10;
    private static final int PER_LINUX = 0;
    private static final int ADDR_NO_RANDOMIZE = 0x0040000;

    private SystemInformation() {}

    /** uname(2). */
    static long uname(Task task, SyscallArguments args) throws ErrnoException {
        var names = task.namespaces().uts().hostNames();
        byte[] bytes = new byte[6 * FIELD_BYTES];
        put(bytes, 0, "Linux");
        put(bytes, 1, names.hostName());
        put(bytes, 2, Kernel.RELEASE);
        put(bytes, 3, Kernel.VERSION);
        put(bytes, 4, "x86_64");
        put(bytes, 5, names.domainName());
        task.memory().copyOut(args.asAddress(0), bytes, 0, bytes.length);
        return 0;
    }

    private static void put(byte[] bytes, int field, String value) {
        byte[] text = value.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(text, 0, bytes, field * FIELD_BYTES, Math.min(text.length, FIELD_BYTES - 1));
    }

    /** sethostname(2). */
    static long sethostname(Task task, SyscallArguments args) throws ErrnoException {
        task.namespaces().uts().hostNames().setHostName(readName(task, args));
        return 0;
    }

    /** setdomainname(2). */
    static long setdomainname(Task task, SyscallArguments args) throws ErrnoException {
        task.namespaces().uts().hostNames().setDomainName(readName(task, args));
        return 0;
    }

    private static String readName(Task task, SyscallArguments args) throws ErrnoException {
        int length = args.asInt(1);
        var owner = task.namespaces().uts().owner();
        if (!task.credentials().holdsIn(owner, Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (length < 0 || length > HOST_NAME_MAX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[length];
        task.memory().copyIn(args.asAddress(0), bytes, 0, length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /**
     * sysinfo(2).
     *
     * <pre>
     * 0 uptime  8 loads[3]  32 totalram 40 freeram 48 sharedram 56 bufferram 64 totalswap 72 freeswap 80 procs
     * 88 totalhigh 96 freehigh 104 mem_unit
     * </pre>
     */
    static long sysinfo(Task task, SyscallArguments args) throws ErrnoException {
        var kernel = task.kernel();
        long total = kernel.options().memoryBytes();
        long used = kernel.frames().residentBytes();
        var bytes = ByteBuffer.allocate(SYSINFO_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, kernel.clock().bootNanos() / NANOS_PER_SECOND);
        bytes.putLong(32, total);
        bytes.putLong(40, Math.max(0, total - used));
        bytes.putShort(80, (short) Math.min(Short.MAX_VALUE, kernel.processes().taskCount()));
        bytes.putInt(104, 1);
        task.memory().copyOut(args.asAddress(0), bytes.array(), 0, SYSINFO_BYTES);
        return 0;
    }

    /** syslog(2): the log is empty. */
    static long syslog(Task task, SyscallArguments args) throws ErrnoException {
        int type = args.asInt(0);
        if (type < 0 || type > SYSLOG_ACTION_SIZE_BUFFER) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (type != SYSLOG_ACTION_READ_ALL && type != SYSLOG_ACTION_SIZE_BUFFER) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return 0;
    }

    /** personality(2): the usual one, with or without random addresses. */
    static long personality(Task task, SyscallArguments args) throws ErrnoException {
        int wanted = args.asInt(0);
        int old = task.group().personality();
        if (wanted == -1) {
            return old;
        }
        if ((wanted & ~ADDR_NO_RANDOMIZE) != PER_LINUX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        task.group().setPersonality(wanted);
        return old;
    }

    /** getrandom(2). */
    static long getrandom(Task task, SyscallArguments args) throws ErrnoException {
        long length = args.asSize(1);
        int flags = args.asInt(2);
        // GRND_NONBLOCK 1, GRND_RANDOM 2, GRND_INSECURE 4; the last two exclude each other.
        if ((flags & ~7) != 0 || (flags & 6) == 6) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (length == 0) {
            return 0;
        }
        return task.kernel().random().fill(task.buffer(args.asAddress(0), length));
    }
}
