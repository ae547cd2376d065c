package dev.picket.sentry.boot;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.DescriptorSocket;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.control.FrameCodec;
import dev.picket.sentry.control.FrameReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The worker's end of the socket to the control plane. One thread reads; any thread may send. */
final class ControlSocket {
    private static final int ADDRESS_BYTES = 110; // sizeof(struct sockaddr_un), see unix(7)
    private static final int PATH_OFFSET = 2;

    private final DescriptorSocket socket;
    private final FrameReader reader;
    private final List<Integer> descriptors = new ArrayList<>();

    /** A socket that is connected already, and this object's from now on. */
    ControlSocket(DescriptorSocket socket) {
        this.socket = socket;
        this.reader = new FrameReader(this::receive, FrameCodec.MAXIMUM_COMMAND_BYTES);
    }

    /** Connects to the control plane. @throws PlatformException if it is not there */
    static ControlSocket connect(String path) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name.length >= ADDRESS_BYTES - PATH_OFFSET) {
            throw new PlatformException("the socket's path is too long", Errno.ENAMETOOLONG);
        }
        int descriptor =
                Host.socket(DescriptorSocket.AF_UNIX, DescriptorSocket.SOCK_STREAM | DescriptorSocket.SOCK_CLOEXEC, 0);
        if (descriptor < 0) {
            throw new PlatformException("cannot make a socket", -descriptor);
        }
        long address = NativeMemory.allocate(ADDRESS_BYTES);
        try {
            NativeMemory.putShort(address, (short) DescriptorSocket.AF_UNIX);
            NativeMemory.copyFromArray(name, 0, address + PATH_OFFSET, name.length);
            int result = Host.connect(descriptor, address, PATH_OFFSET + name.length + 1);
            if (result < 0) {
                Host.close(descriptor);
                throw new PlatformException("cannot connect to the control plane", -result);
            }
        } finally {
            NativeMemory.free(address);
        }
        return new ControlSocket(new DescriptorSocket(descriptor));
    }

    void close() {
        socket.close();
    }

    private int receive(byte[] destination, int offset, int length) throws IOException {
        int count = socket.receive(destination, offset, length, descriptors);
        if (count < 0) {
            throw new IOException("recvmsg failed (errno " + -count + ")");
        }
        return count;
    }

    /** The next command, waiting for it; null at the end of the connection. */
    Command next() throws IOException {
        byte[] body = reader.next();
        return body == null ? null : FrameCodec.decodeCommand(body);
    }

    /** The descriptors that came so far, in order; they are the caller's from now on. */
    List<Integer> takeDescriptors() {
        List<Integer> taken = List.copyOf(descriptors);
        descriptors.clear();
        return taken;
    }

    void send(Event event) throws IOException {
        sendBytes(FrameCodec.encode(event));
    }

    /** Sends all of {@code bytes}, and nothing of another thread's in between. */
    synchronized void sendBytes(byte[] bytes) throws IOException {
        int sent = 0;
        while (sent < bytes.length) {
            int count = socket.send(bytes, sent, bytes.length - sent);
            if (count < 0) {
                throw new IOException("sendmsg failed (errno " + -count + ")");
            }
            sent += count;
        }
    }
}
