package dev.picket.sentry.net.socket;

import dev.picket.sentry.vfs.OpenFile;
import java.util.List;

/** What is on its way to a socket: bytes, who sent them, and files that go along. Guarded by the queue it is in. */
public class Message {
    /** What a message takes beyond its bytes; a guest that sends single bytes must not get by for free. */
    public static final int OVERHEAD_BYTES = 512;

    private final byte[] data;
    private final byte[] senderAddress;
    private final PeerIdentity sender;

    /** Where the bytes that were not read yet begin. */
    int start;

    /** Files that go along, each with a reference; taken away by the first who reads of the message. */
    List<OpenFile> files;

    /**
     * @param senderAddress as the family encodes it; null if receivers are not told
     * @param files to go along, each with a reference; null for none
     */
    public Message(byte[] data, byte[] senderAddress, PeerIdentity sender, List<OpenFile> files) {
        this.data = data;
        this.senderAddress = senderAddress;
        this.sender = sender;
        this.files = files;
    }

    final byte[] data() {
        return data;
    }

    final byte[] senderAddress() {
        return senderAddress;
    }

    final PeerIdentity sender() {
        return sender;
    }

    /** Bytes that were not read yet. */
    public final int length() {
        return data.length - start;
    }

    final long cost() {
        return data.length + OVERHEAD_BYTES;
    }
}
