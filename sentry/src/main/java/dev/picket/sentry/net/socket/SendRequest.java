package dev.picket.sentry.net.socket;

import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;
import java.util.List;

/**
 * What a call wants to send; see sendmsg(2).
 *
 * @param source the bytes
 * @param address where to, as the guest gave it; null for the peer
 * @param files to go along, each with a reference; the caller releases those that were not sent
 * @param sender whom the receiver is told of; null for the socket's maker
 * @param caller null for a plain write
 * @param flags MSG_ flags of the call
 * @param controls ancillary data beside files and credentials
 */
public record SendRequest(
        GuestBuffer source,
        byte[] address,
        Files files,
        PeerIdentity sender,
        SocketCaller caller,
        int flags,
        List<ControlMessage> controls) {
    /** Without flags or ancillary data. */
    public SendRequest(GuestBuffer source, byte[] address, Files files, PeerIdentity sender, SocketCaller caller) {
        this(source, address, files, sender, caller, 0, List.of());
    }

    /** Files that go along with a message, until it is queued. */
    public static final class Files {
        private List<OpenFile> list;

        public Files(List<OpenFile> list) {
            this.list = list;
        }

        /** How many. */
        public int count() {
            return list.size();
        }

        /** Hands the files and their references to the message. */
        public List<OpenFile> take() {
            var taken = list;
            list = List.of();
            return taken;
        }

        /** Takes back files of a message that could not be queued. */
        public void putBack(List<OpenFile> files) {
            list = files;
        }

        /** Lets go of what was not sent. */
        public void release() {
            take().forEach(OpenFile::release);
        }
    }

    /** A plain write. */
    static SendRequest of(GuestBuffer source) {
        return new SendRequest(source, null, new Files(List.of()), null, null);
    }
}
