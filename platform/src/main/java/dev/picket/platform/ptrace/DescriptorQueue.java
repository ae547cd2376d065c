package dev.picket.platform.ptrace;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.DescriptorSocket;

/** The worker's end of the socket over which the stubs of one sandbox receive descriptors. */
final class DescriptorQueue implements AutoCloseable {
    private static final byte[] MESSAGE = {1};

    private final DescriptorSocket socket;

    DescriptorQueue(int descriptor) {
        this.socket = new DescriptorSocket(descriptor);
    }

    /** Queues a descriptor; the caller holds the monitor of this object until a stub has received it. */
    void send(int descriptor) {
        int sent = socket.send(MESSAGE, 0, 1, descriptor);
        if (sent != 1) {
            throw new PlatformException("sending a descriptor to a stub failed", -sent);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
