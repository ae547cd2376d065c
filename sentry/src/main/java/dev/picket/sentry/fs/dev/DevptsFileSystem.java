package dev.picket.sentry.fs.dev;

import dev.picket.platform.linux.DeviceNumber;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedInode;
import dev.picket.sentry.tty.SlaveFile;
import dev.picket.sentry.tty.Terminal;
import dev.picket.sentry.tty.Terminals;
import dev.picket.sentry.vfs.AttributeChange;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** /dev/pts: the slave sides of the sandbox's terminals, and ptmx; see pts(4). */
public final class DevptsFileSystem extends GeneratedFileSystem {
    /** Major number of the slave sides. */
    static final int SLAVE_MAJOR = 136;

    /** Group tty in Debian and most others: the mount option gid=5. */
    private static final int TTY_GROUP = 5;

    private static final int SLAVE_MODE = 0620;

    private final Root root;

    public DevptsFileSystem(Terminals terminals, long device) {
        super("devpts", device, FileSystemMagic.DEVPTS_SUPER_MAGIC);
        root = new Root(this, terminals);
    }

    @Override
    public Inode root() {
        return root;
    }

    @Override
    public String mountOptions() {
        return ",gid=5,mode=620,ptmxmode=666";
    }

    private static final class Root extends GeneratedDirectory {
        private final DevptsFileSystem fileSystem;
        private final Terminals terminals;
        private final Map<Terminal, Slave> slaves = new HashMap<>();

        Root(DevptsFileSystem fileSystem, Terminals terminals) {
            super(fileSystem, 0755, Owner.ROOT);
            this.fileSystem = fileSystem;
            this.terminals = terminals;
            add("ptmx", new Node(fileSystem, FileMode.S_IFCHR | 0666, DeviceRegistry.PTMX));
        }

        @Override
        protected boolean isDynamic() {
            return true;
        }

        @Override
        protected Inode lookupDynamic(Caller caller, String name) {
            for (var terminal : terminals.all()) {
                if (Integer.toString(terminal.number()).equals(name)) {
                    return slaveOf(terminal);
                }
            }
            return null;
        }

        private Slave slaveOf(Terminal terminal) {
            synchronized (slaves) {
                slaves.keySet().removeIf(other -> terminals.get(other.number()) != other);
                return slaves.computeIfAbsent(terminal, key -> new Slave(fileSystem, key));
            }
        }

        @Override
        protected List<DynamicEntry> dynamicEntries(Caller caller, long from) {
            List<DynamicEntry> entries = new ArrayList<>();
            for (var terminal : terminals.all()) {
                if (terminal.number() >= from) {
                    String name = Integer.toString(terminal.number());
                    entries.add(new DynamicEntry(terminal.number(), name, FileMode.S_IFCHR));
                }
            }
            return entries;
        }
    }

    /** A node whose device {@link DeviceRegistry} opens. */
    private static class Node extends GeneratedInode {
        private final long deviceNumber;

        Node(GeneratedFileSystem fileSystem, int mode, long deviceNumber) {
            super(fileSystem, mode, Owner.ROOT);
            this.deviceNumber = deviceNumber;
        }

        @Override
        protected long deviceNumber() {
            return deviceNumber;
        }

        @Override
        public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
            throw new IllegalStateException("opened by the device registry");
        }
    }

    /** /dev/pts/N: whose owner and mode change as programs that hand out terminals want it. */
    private static final class Slave extends Node {
        private final Terminal terminal;
        private int permissions = SLAVE_MODE;
        private int user;
        private int group = TTY_GROUP;
        private long changedNanos = FileClock.nowNanos();

        Slave(GeneratedFileSystem fileSystem, Terminal terminal) {
            super(fileSystem, FileMode.S_IFCHR, DeviceNumber.of(SLAVE_MAJOR, terminal.number()));
            this.terminal = terminal;
            this.user = terminal.user();
        }

        @Override
        public synchronized Attributes attributes() throws ErrnoException {
            var base = super.attributes();
            return new Attributes(
                    base.device(),
                    base.inode(),
                    FileMode.S_IFCHR | permissions,
                    1,
                    user,
                    group,
                    deviceNumber(),
                    0,
                    base.blockSizeBytes(),
                    0,
                    changedNanos,
                    changedNanos,
                    changedNanos);
        }

        @Override
        public synchronized void setAttributes(Caller caller, AttributeChange change) {
            permissions = change.mode() == null ? permissions : change.mode() & FileMode.S_IALLUGO;
            user = change.user() == null ? user : change.user();
            group = change.group() == null ? group : change.group();
            changedNanos = FileClock.nowNanos();
        }

        @Override
        public boolean opensItself() {
            return true;
        }

        @Override
        public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
            return SlaveFile.open(terminal, caller, this, path, flags);
        }
    }
}
