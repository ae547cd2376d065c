package dev.picket.sentry.net.socket;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayList;
import java.util.List;

/** What a call wants to receive, and what it got; see recvmsg(2). Of one thread. */
public final class ReceiveRequest {
    final GuestBuffer destination;
    private final int flags;

    private byte[] senderAddress;
    private PeerIdentity sender;
    private Message message;
    private List<OpenFile> files = List.of();
    private List<ControlMessage> controls = List.of();
    private int messageFlags;

    /** @param flags MSG_PEEK: what is received stays; MSG_TRUNC: the answer is the message's length; MSG_OOB and so on */
    public ReceiveRequest(GuestBuffer destination, int flags) {
        this.destination = destination;
        this.flags = flags;
    }

    /** A plain read. */
    public static ReceiveRequest of(GuestBuffer destination) {
        return new ReceiveRequest(destination, 0);
    }

    public GuestBuffer destination() {
        return destination;
    }

    /** MSG_ flags of the call. */
    public int flags() {
        return flags;
    }

    public boolean peeks() {
        return (flags & MSG_PEEK) != 0;
    }

    public boolean wantsFullLength() {
        return (flags & MSG_TRUNC) != 0;
    }

    /** Address of the sender, as the family encodes it; null if there is none to tell. */
    public byte[] senderAddress() {
        return senderAddress;
    }

    /** Who sent it; null if nothing was received. */
    public PeerIdentity sender() {
        return sender;
    }

    /** The message that was received, of those that keep their bounds; null if there was none. */
    public Message message() {
        return message;
    }

    /** Whether there is no room left. */
    public boolean isFull() {
        return destination.remaining() == 0;
    }

    /** Files that came along; the receiver takes over a reference of each. */
    public List<OpenFile> files() {
        return files;
    }

    /** Ancillary data beside files and credentials. */
    public List<ControlMessage> controls() {
        return controls;
    }

    /** Flags to be told of what was received: MSG_TRUNC, MSG_OOB, MSG_ERRQUEUE. */
    public int messageFlags() {
        return messageFlags;
    }

    /** Whether the message was longer than there was room for. */
    public boolean isTruncated() {
        return (messageFlags & MSG_TRUNC) != 0;
    }

    /** Lets go of files that came along and that nobody wants. */
    public void releaseFiles() {
        files.forEach(OpenFile::release);
        files = List.of();
    }

    /** Tells who sent it. */
    public void setSender(byte[] address, PeerIdentity identity) {
        senderAddress = address;
        sender = identity;
    }

    void setMessage(Message message) {
        this.message = message;
    }

    void addFiles(List<OpenFile> more) {
        var all = new ArrayList<>(files);
        all.addAll(more);
        files = all;
    }

    /** Adds ancillary data that the receiver asked for. */
    public void addControl(ControlMessage control) {
        if (controls.isEmpty()) {
            controls = new ArrayList<>(2);
        }
        controls.add(control);
    }

    /** Adds flags to tell. */
    public void addMessageFlags(int more) {
        messageFlags |= more;
    }

    void setTruncated(boolean truncated) {
        messageFlags = truncated ? messageFlags | MSG_TRUNC : messageFlags & ~MSG_TRUNC;
    }
}
