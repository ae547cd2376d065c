package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.net.socket.ControlMessage;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Ancillary data of sendmsg(2) and recvmsg(2): files and credentials; see cmsg(3), unix(7). */
final class ControlMessages {
    /** net.core.optmem_max: longer ancillary data is refused. */
    private static final int MAXIMUM_BYTES = 20_480;

    private static final int LEVEL = 8;
    private static final int TYPE = 12;

    /**
     * What a guest wants to send beside the bytes.
     *
     * @param files each with a reference, which the receiver of this record must release or hand on
     * @param sender as whom; null for the task itself
     * @param controls what else the family may understand
     */
    record Outgoing(List<OpenFile> files, PeerIdentity sender, List<ControlMessage> controls) {
        static final Outgoing NONE = new Outgoing(List.of(), null, List.of());
    }

    private ControlMessages() {}

    /** Fetches and checks ancillary data; see __scm_send() of net/core/scm.c. */
    static Outgoing fetch(Task task, Socket socket, long address, long length) throws ErrnoException {
        if (address == 0 || length == 0) {
            return Outgoing.NONE;
        }
        if (length < 0 || length > MAXIMUM_BYTES) {
            throw ErrnoException.of(Errno.ENOBUFS);
        }
        byte[] control = new byte[(int) length];
        task.memory().copyIn(address, control, 0, control.length);

        List<OpenFile> files = new ArrayList<>();
        List<ControlMessage> controls = new ArrayList<>();
        boolean passesFiles = socket.domain() == AF_UNIX;
        PeerIdentity sender = null;
        try {
            for (int at = 0; at + CMSGHDR_BYTES <= control.length; ) {
                long size = Bytes.getLong(control, at);
                if (size < CMSGHDR_BYTES || size > control.length - at) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                int data = at + CMSGHDR_BYTES;
                int dataLength = (int) size - CMSGHDR_BYTES;
                int level = Bytes.getInt(control, at + LEVEL);
                int type = Bytes.getInt(control, at + TYPE);
                if (level != SOL_SOCKET) {
                    controls.add(new ControlMessage(level, type, Arrays.copyOfRange(control, data, data + dataLength)));
                } else if (type == SCM_RIGHTS) {
                    if (passesFiles) {
                        addFiles(task, control, data, dataLength, files);
                    }
                } else if (type == SCM_CREDENTIALS) {
                    sender = passesFiles ? credentials(task, control, data, dataLength) : null;
                } else {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                at += align(size);
            }
        } catch (ErrnoException e) {
            files.forEach(OpenFile::release);
            throw e;
        }
        return new Outgoing(files, sender, controls);
    }

    private static int align(long size) {
        return (int) (size + Long.BYTES - 1 & -Long.BYTES);
    }

    private static void addFiles(Task task, byte[] control, int data, int length, List<OpenFile> files)
            throws ErrnoException {
        int count = length / Integer.BYTES;
        if (files.size() + count > SCM_MAX_FD) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        for (int index = 0; index < count; index++) {
            var file = task.files().getAndRetain(Bytes.getInt(control, data + index * Integer.BYTES));
            if (file == null) {
                throw ErrnoException.of(Errno.EBADF);
            }
            files.add(file);
        }
    }

    /** Who the sender says it is, which must be true or a privilege; EPERM. */
    private static PeerIdentity credentials(Task task, byte[] control, int data, int length) throws ErrnoException {
        if (length != UCRED_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int process = Bytes.getInt(control, data);
        int user = Bytes.getInt(control, data + 4);
        int group = Bytes.getInt(control, data + 8);
        var own = task.credentials();
        boolean processIsOwn = process == task.group().id() || own.has(Credentials.CAP_SYS_ADMIN);
        boolean userIsOwn = user == own.realUser()
                || user == own.effectiveUser()
                || user == own.savedUser()
                || own.has(Credentials.CAP_SETUID);
        boolean groupIsOwn = group == own.realGroup()
                || group == own.effectiveGroup()
                || group == own.savedGroup()
                || own.has(Credentials.CAP_SETGID);
        if (!processIsOwn || !userIsOwn || !groupIsOwn) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return new PeerIdentity(process, user, group);
    }

    /**
     * Writes control messages one behind the other for a receiver: files get descriptors, as many as there is room for, and
     * the others are let go.
     */
    static final class Writer {
        private final Task task;
        private final long address;
        private final long room;
        private final boolean closeOnExec;
        private long used;
        private int flags;

        Writer(Task task, long address, long room, boolean closeOnExec) {
            this.task = task;
            this.address = address;
            this.room = address == 0 ? 0 : Math.max(0, room);
            this.closeOnExec = closeOnExec;
        }

        /** Bytes used: msg_controllen. */
        long used() {
            return used;
        }

        /** Writes what was received beside the bytes; answers MSG_CTRUNC if something had no room, otherwise 0. */
        int write(Socket socket, ReceiveRequest received) throws ErrnoException {
            try {
                for (var control : received.controls()) {
                    byte[] message = new byte[CMSGHDR_BYTES + control.data().length];
                    header(message, control.level(), control.type(), message.length);
                    System.arraycopy(control.data(), 0, message, CMSGHDR_BYTES, control.data().length);
                    put(message);
                }
                if (socket.options().passesCredentials() && received.sender() != null) {
                    writeCredentials(received.sender());
                }
                if (!received.files().isEmpty()) {
                    writeFiles(received.files());
                }
            } finally {
                received.releaseFiles();
            }
            return flags;
        }

        private void writeCredentials(PeerIdentity sender) throws ErrnoException {
            byte[] message = new byte[CMSGHDR_BYTES + UCRED_BYTES];
            header(message, SOL_SOCKET, SCM_CREDENTIALS, message.length);
            Bytes.putInt(message, CMSGHDR_BYTES, sender.processId());
            Bytes.putInt(message, CMSGHDR_BYTES + 4, sender.user());
            Bytes.putInt(message, CMSGHDR_BYTES + 8, sender.group());
            put(message);
        }

        private void writeFiles(List<OpenFile> files) throws ErrnoException {
            long fits = (room - used - CMSGHDR_BYTES) / Integer.BYTES;
            int count = (int) Math.max(0, Math.min(files.size(), fits));
            List<Integer> descriptors = new ArrayList<>(count);
            for (int index = 0; index < count; index++) {
                var file = files.get(index);
                file.retain();
                try {
                    descriptors.add(task.files().install(file, 0, closeOnExec));
                } catch (ErrnoException e) {
                    file.release();
                    break; // no descriptor left: the rest is cut off
                }
            }
            if (descriptors.size() < files.size()) {
                flags |= MSG_CTRUNC;
            }
            if (descriptors.isEmpty()) {
                return;
            }
            byte[] message = new byte[CMSGHDR_BYTES + descriptors.size() * Integer.BYTES];
            header(message, SOL_SOCKET, SCM_RIGHTS, message.length);
            for (int index = 0; index < descriptors.size(); index++) {
                Bytes.putInt(message, CMSGHDR_BYTES + index * Integer.BYTES, descriptors.get(index));
            }
            try {
                put(message);
            } catch (ErrnoException e) {
                for (int descriptor : descriptors) {
                    task.files().close(descriptor);
                }
                throw e;
            }
        }

        private static void header(byte[] message, int level, int type, int length) {
            Bytes.putLong(message, 0, length);
            Bytes.putInt(message, LEVEL, level);
            Bytes.putInt(message, TYPE, type);
        }

        private void put(byte[] message) throws ErrnoException {
            int length = (int) Math.min(message.length, room - used);
            if (length < CMSGHDR_BYTES) {
                flags |= MSG_CTRUNC;
                return;
            }
            if (length < message.length) {
                flags |= MSG_CTRUNC;
                Bytes.putLong(message, 0, length);
            }
            task.memory().copyOut(address + used, message, 0, length);
            used += Math.min(room - used, align(length));
        }
    }
}
