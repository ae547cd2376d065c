package dev.picket.sentry.net;

import dev.picket.sentry.vfs.OpenFile;
import java.util.List;

/** What is on its way to a socket: bytes, who sent them, and files that go along. Guarded by the queue it is in. */
final class Message {
    /** What a message takes beyond its bytes; a guest that sends single bytes must not get by for free. */
    static final int OVERHEAD_BYTES = 512;

    final byte[] data;
    final byte[] senderAddress;
    final PeerIdentity sender;

    /** Where the bytes that were not read yet begin. */
    int start;

    /** Files that go along, each with a reference; taken away by the first who reads of the message. */
    List<OpenFile> files;

    Message(byte[] data, byte[] senderAddress, PeerIdentity sender, List<OpenFile> files) {
        this.data = data;
        this.senderAddress = senderAddress;
        this.sender = sender;
        this.files = files;
    }

    int length() {
        return data.length - start;
    }

    long cost() {
        return data.length + OVERHEAD_BYTES;
    }
}
