package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Prctl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.CredentialsChange;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import java.nio.charset.StandardCharsets;

/** Settings of a task or process: prctl(2), arch_prctl(2). */
final class ProcessControl {
    private static final int NAME_BYTES = 16;
    static final int ARCH_SET_GS = 0x1001;
    static final int ARCH_SET_FS = 0x1002;
    static final int ARCH_GET_FS = 0x1003;
    static final int ARCH_GET_GS = 0x1004;
    private static final long DEFAULT_SLACK_NANOS = 50_000;

    private ProcessControl() {}

    /** arch_prctl(2). */
    static long archPrctl(Task task, SyscallArguments args) throws ErrnoException {
        long value = args.asLong(1);
        var registers = task.context().registers();
        switch (args.asInt(0)) {
            case ARCH_SET_FS -> registers.fsBase(checkAddress(task, value));
            case ARCH_SET_GS -> registers.gsBase(checkAddress(task, value));
            case ARCH_GET_FS -> task.memory().putLong(value, registers.fsBase());
            case ARCH_GET_GS -> task.memory().putLong(value, registers.gsBase());
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    private static long checkAddress(Task task, long value) throws ErrnoException {
        if (Long.compareUnsigned(value, task.kernel().platform().addressLimit()) >= 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return value;
    }

    /** prctl(2). */
    static long prctl(Task task, SyscallArguments args) throws ErrnoException {
        long argument = args.asLong(1);
        switch (args.asInt(0)) {
            case Prctl.PR_SET_PDEATHSIG -> {
                if (argument != 0 && (argument < 0 || argument > 64)) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                task.words().setParentDeathSignal((int) argument);
            }
            case Prctl.PR_GET_PDEATHSIG -> task.memory()
                    .putInt(argument, task.words().parentDeathSignal());
            case Prctl.PR_GET_DUMPABLE -> {
                return task.group().isDumpable() ? 1 : 0;
            }
            case Prctl.PR_SET_DUMPABLE -> {
                checkFlag(argument);
                task.group().setDumpable(argument == 1);
            }
            case Prctl.PR_SET_NAME -> setName(task, argument);
            case Prctl.PR_GET_NAME -> getName(task, argument);
            case Prctl.PR_GET_KEEPCAPS -> {
                return task.privileges().keepCapabilities() ? 1 : 0;
            }
            case Prctl.PR_SET_KEEPCAPS -> {
                checkFlag(argument);
                task.privileges().setKeepCapabilities(argument == 1);
            }
            case Prctl.PR_CAPBSET_READ -> {
                return (task.credentials().bounding() >>> checkCapability(argument)) & 1;
            }
            case Prctl.PR_CAPBSET_DROP -> dropBounding(task, checkCapability(argument));
            case Prctl.PR_CAP_AMBIENT -> {
                return ambient(task, argument, args.asLong(2));
            }
            case Prctl.PR_GET_SECUREBITS -> {
                return task.privileges().secureBits();
            }
            case Prctl.PR_SET_SECUREBITS -> setSecureBits(task, (int) argument);
            case Prctl.PR_SET_NO_NEW_PRIVS -> {
                if (argument != 1 || args.asLong(2) != 0 || args.asLong(3) != 0 || args.asLong(4) != 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                task.privileges().setNoNewPrivileges();
            }
            case Prctl.PR_GET_NO_NEW_PRIVS -> {
                if (argument != 0 || args.asLong(2) != 0 || args.asLong(3) != 0 || args.asLong(4) != 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                return task.privileges().noNewPrivileges() ? 1 : 0;
            }
            case Prctl.PR_SET_CHILD_SUBREAPER -> task.group().setChildSubreaper(argument != 0);
            case Prctl.PR_GET_CHILD_SUBREAPER -> task.memory()
                    .putInt(argument, task.group().isChildSubreaper() ? 1 : 0);
            case Prctl.PR_SET_TIMERSLACK -> {} // timers are as exact as the host's
            case Prctl.PR_GET_TIMERSLACK -> {
                return DEFAULT_SLACK_NANOS;
            }
            case Prctl.PR_GET_SECCOMP -> {
                return task.filters().mode();
            }
            case Prctl.PR_SET_SECCOMP -> {
                return SeccompCalls.setMode(task, argument, args.asAddress(2));
            }
            case Prctl.PR_GET_TIMING, Prctl.PR_GET_THP_DISABLE -> {
                return 0;
            }
            case Prctl.PR_SET_THP_DISABLE -> {} // huge pages are the host's choice
            case Prctl.PR_GET_TID_ADDRESS -> task.memory()
                    .putLong(argument, task.words().clearChildId());
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    private static void setName(Task task, long address) throws ErrnoException {
        byte[] bytes = new byte[NAME_BYTES];
        int length = 0;
        while (length < NAME_BYTES - 1) {
            bytes[length] = task.memory().getByte(address + length);
            if (bytes[length] == 0) {
                break;
            }
            length++;
        }
        task.setName(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
    }

    private static void getName(Task task, long address) throws ErrnoException {
        byte[] bytes = new byte[NAME_BYTES];
        byte[] name = task.name().getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(name, 0, bytes, 0, name.length);
        task.memory().copyOut(address, bytes, 0, NAME_BYTES);
    }

    private static void dropBounding(Task task, int capability) throws ErrnoException {
        var old = task.credentials();
        if (!old.holds(Credentials.CAP_SETPCAP)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        task.setCredentials(new CredentialsChange(old, false, 0)
                .setCapabilities(
                        old.permitted(),
                        old.effective(),
                        old.inheritable(),
                        old.bounding() & ~(1L << capability),
                        old.ambient()));
    }

    private static long ambient(Task task, long operation, long capability) throws ErrnoException {
        var old = task.credentials();
        long ambient = old.ambient();
        if (operation == Prctl.PR_CAP_AMBIENT_CLEAR_ALL) {
            ambient = 0;
        } else {
            long bit = 1L << checkCapability(capability);
            switch ((int) operation) {
                case Prctl.PR_CAP_AMBIENT_IS_SET -> {
                    return (ambient & bit) != 0 ? 1 : 0;
                }
                case Prctl.PR_CAP_AMBIENT_LOWER -> ambient &= ~bit;
                case Prctl.PR_CAP_AMBIENT_RAISE -> {
                    if ((old.permitted() & old.inheritable() & bit) == 0) {
                        throw ErrnoException.of(Errno.EPERM);
                    }
                    ambient |= bit;
                }
                default -> throw ErrnoException.of(Errno.EINVAL);
            }
        }
        task.setCredentials(new CredentialsChange(old, false, 0)
                .setCapabilities(old.permitted(), old.effective(), old.inheritable(), old.bounding(), ambient));
        return 0;
    }

    private static void setSecureBits(Task task, int bits) throws ErrnoException {
        if (!task.credentials().holds(Credentials.CAP_SETPCAP) || (bits & ~0xff) != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
        // The odd bits lock the even ones below them, for good; see capabilities(7).
        int old = task.privileges().secureBits();
        int locked = (old & 0xaa) >> 1;
        if ((old & 0xaa & ~bits) != 0 || ((old ^ bits) & locked) != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
        task.privileges().setSecureBits(bits);
    }

    private static void checkFlag(long value) throws ErrnoException {
        if (value != 0 && value != 1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static int checkCapability(long capability) throws ErrnoException {
        if (capability < 0 || capability > Credentials.CAP_LAST) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return (int) capability;
    }
}
