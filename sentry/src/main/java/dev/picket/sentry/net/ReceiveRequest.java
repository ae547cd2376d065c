package dev.picket.sentry.net;

import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayList;
import java.util.List;

/** What a call wants to receive, and what it got; see recvmsg(2). Of one thread. */
public final class ReceiveRequest {
    final GuestBuffer destination;
    final boolean peeks;
    final boolean wantsFullLength;

    private byte[] senderAddress;
    private PeerIdentity sender;
    private List<OpenFile> files = List.of();
    private boolean truncated;

    /**
     * @param peeks MSG_PEEK: what is received stays
     * @param wantsFullLength MSG_TRUNC: the answer is the message's length, however much fits
     */
    public ReceiveRequest(GuestBuffer destination, boolean peeks, boolean wantsFullLength) {
        this.destination = destination;
        this.peeks = peeks;
        this.wantsFullLength = wantsFullLength;
    }

    /** A plain read. */
    public static ReceiveRequest of(GuestBuffer destination) {
        return new ReceiveRequest(destination, false, false);
    }

    /** Address of the sender, as the family encodes it; null if there is none to tell. */
    public byte[] senderAddress() {
        return senderAddress;
    }

    /** Who sent it; null if nothing was received. */
    public PeerIdentity sender() {
        return sender;
    }

    /** Whether there is no room left. */
    public boolean isFull() {
        return destination.remaining() == 0;
    }

    /** Files that came along; the receiver takes over a reference of each. */
    public List<OpenFile> files() {
        return files;
    }

    /** Whether the message was longer than there was room for. */
    public boolean isTruncated() {
        return truncated;
    }

    /** Lets go of files that came along and that nobody wants. */
    public void releaseFiles() {
        files.forEach(OpenFile::release);
        files = List.of();
    }

    void setSender(byte[] address, PeerIdentity identity) {
        senderAddress = address;
        sender = identity;
    }

    void addFiles(List<OpenFile> more) {
        var all = new ArrayList<>(files);
        all.addAll(more);
        files = all;
    }

    void setTruncated(boolean truncated) {
        this.truncated = truncated;
    }
}
