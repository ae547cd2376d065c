package dev.picket.sentry.fs.host;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.OpenHow;
import dev.picket.sentry.errno.ErrnoException;

/** Opens one name in a directory of the host, such that nothing above or beside that directory can be reached. */
final class HostOpen {
    private HostOpen() {}

    /**
     * Checks that a name stands for an entry of the directory it is looked up in, and nothing else.
     *
     * @throws ErrnoException ENOENT if it does not: no such entry can be
     */
    static void checkName(String name) throws ErrnoException {
        boolean ordinary = !name.isEmpty()
                && !name.equals(".")
                && !name.equals("..")
                && name.indexOf('/') < 0
                && name.indexOf('\0') < 0
                && name.length() <= Fcntl.NAME_MAX;
        if (!ordinary) {
            throw ErrnoException.of(Errno.ENOENT);
        }
    }

    /** openat2(2) of a name in a directory, following no link. */
    static int beneath(int directory, String name, int flags) throws ErrnoException {
        checkName(name);
        long nameAddress = NativeMemory.allocateString(name);
        long how = NativeMemory.allocate(OpenHow.SIZE);
        try {
            NativeMemory.putLong(how, flags | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC);
            NativeMemory.putLong(
                    how + OpenHow.RESOLVE,
                    OpenHow.RESOLVE_BENEATH | OpenHow.RESOLVE_NO_SYMLINKS | OpenHow.RESOLVE_NO_MAGICLINKS);
            long opened = Host.openat2(directory, nameAddress, how, OpenHow.SIZE);
            if (opened == -Errno.ENOSYS || opened == -Errno.EPERM) {
                // Not there, or kept from us by an older filter: one checked name without links is as safe.
                opened = Host.openat(directory, nameAddress, flags | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC, 0);
            }
            return Descriptor.checkOpened(opened);
        } finally {
            NativeMemory.free(how);
            NativeMemory.free(nameAddress);
        }
    }
}
