package dev.picket.sentry.fs.dev;

import static dev.picket.platform.linux.Fcntl.O_NOCTTY;

import dev.picket.platform.linux.DeviceNumber;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.pipe.Fifos;
import dev.picket.sentry.tty.MasterFile;
import dev.picket.sentry.tty.SlaveFile;
import dev.picket.sentry.tty.Terminal;
import dev.picket.sentry.tty.TerminalCaller;
import dev.picket.sentry.tty.Terminals;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.SpecialFiles;
import java.util.HashMap;
import java.util.Map;

/**
 * The devices of a sandbox, by number, whatever file system their nodes are in. A number that is not here stands for
 * nothing: nodes that a guest makes with mknod(2) reach no device but these.
 */
public final class DeviceRegistry implements SpecialFiles {
    /** Opens a device. */
    @FunctionalInterface
    public interface Device {
        OpenFile open(Inode inode, Caller caller, Path path, int flags) throws ErrnoException;
    }

    static final long NULL = DeviceNumber.of(1, 3);
    static final long ZERO = DeviceNumber.of(1, 5);
    static final long FULL = DeviceNumber.of(1, 7);
    static final long RANDOM = DeviceNumber.of(1, 8);
    static final long URANDOM = DeviceNumber.of(1, 9);
    static final long TTY = DeviceNumber.of(5, 0);
    static final long CONSOLE = DeviceNumber.of(5, 1);
    static final long PTMX = DeviceNumber.of(5, 2);

    private final Fifos fifos;
    private final Terminals terminals;
    private final Map<Long, Device> devices = new HashMap<>();
    private volatile Terminal console;

    public DeviceRegistry(Fifos fifos, Terminals terminals) {
        this.fifos = fifos;
        this.terminals = terminals;
        devices.put(NULL, MemoryDevices::openNull);
        devices.put(ZERO, MemoryDevices::openZero);
        devices.put(FULL, MemoryDevices::openFull);
        devices.put(RANDOM, MemoryDevices::openRandom);
        devices.put(URANDOM, MemoryDevices::openRandom);
        devices.put(TTY, this::openControllingTerminal);
        devices.put(CONSOLE, this::openConsole);
        devices.put(PTMX, this::openMaster);
    }

    /** Sets what /dev/console leads to: the terminal of the first process, if it has one. */
    public void setConsole(Terminal console) {
        this.console = console;
    }

    @Override
    public OpenFile open(Inode inode, Caller caller, Path path, int flags) throws ErrnoException {
        if (inode.type() == FileMode.S_IFIFO) {
            return fifos.open(inode, path, flags);
        }
        var device = inode.type() == FileMode.S_IFCHR
                ? devices.get(inode.attributes().deviceNumber())
                : null;
        if (device == null) {
            throw ErrnoException.of(Errno.ENXIO);
        }
        return device.open(inode, caller, path, flags);
    }

    private OpenFile openControllingTerminal(Inode inode, Caller caller, Path path, int flags) throws ErrnoException {
        var terminal = caller instanceof TerminalCaller task ? task.session().controllingTerminal() : null;
        if (terminal == null) {
            throw ErrnoException.of(Errno.ENXIO);
        }
        return SlaveFile.open(terminal, caller, inode, path, flags | O_NOCTTY);
    }

    private OpenFile openConsole(Inode inode, Caller caller, Path path, int flags) throws ErrnoException {
        var terminal = console;
        if (terminal == null) {
            throw ErrnoException.of(Errno.ENXIO);
        }
        return SlaveFile.open(terminal, caller, inode, path, flags | O_NOCTTY);
    }

    private OpenFile openMaster(Inode inode, Caller caller, Path path, int flags) throws ErrnoException {
        var credentials = caller.credentials();
        var terminal = terminals.create(credentials.fileSystemUser());
        return new MasterFile(terminal, inode, path, flags);
    }
}
