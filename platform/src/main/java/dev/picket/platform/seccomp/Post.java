package dev.picket.platform.seccomp;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.DescriptorSocket;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Poll;
import java.util.ArrayList;

/**
 * The socket over which new threads of all stubs of a sandbox hand their listeners over. Whoever asks for one holds the
 * monitor of this object until it has come, so that it is its own.
 */
final class Post implements AutoCloseable {
    /** How long it is waited without looking whether the stub is still there. */
    private static final int CHECK_MILLIS = 100;

    private static final int BYTES = 8192;

    /** Tells whether the stub that is to answer still lives. */
    interface Liveness {
        boolean isAlive();
    }

    private final DescriptorSocket socket;
    private final boolean pollsFirst;
    private final byte[] message = new byte[BYTES];
    private final long poll = NativeMemory.allocate(8);

    Post(int descriptor, boolean pollsFirst) {
        this.socket = new DescriptorSocket(descriptor);
        this.pollsFirst = pollsFirst;
    }

    /**
     * Waits for a listener; the caller holds the monitor.
     *
     * @throws StubLostException if the stub ends first
     * @throws PlatformException if the stub could not make one
     */
    Listener receive(String what, Liveness stub) throws StubLostException {
        while (!isReadable(CHECK_MILLIS)) {
            if (!stub.isAlive() && !isReadable(0)) {
                throw new StubLostException();
            }
        }
        var descriptors = new ArrayList<Integer>(1);
        int bytes = socket.receive(message, 0, BYTES, descriptors);
        if (bytes == StubLayout.LISTENER_MESSAGE_BYTES && descriptors.size() == 1) {
            return new Listener(descriptors.get(0), pollsFirst);
        }
        descriptors.forEach(Host::close);
        if (bytes <= 0) {
            throw new PlatformException("receiving a listener failed", -bytes);
        }
        throw new PlatformException(what + " failed in step " + (bytes >> 8), bytes & 0xff);
    }

    private boolean isReadable(int timeoutMillis) {
        NativeMemory.putInt(poll, socket.descriptor());
        NativeMemory.putInt(poll + 4, Poll.POLLIN);
        return Host.poll(poll, 1, timeoutMillis) > 0;
    }

    @Override
    public synchronized void close() {
        socket.close();
        NativeMemory.free(poll);
    }
}
