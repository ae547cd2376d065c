package dev.picket.service.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import jnr.constants.platform.SocketLevel;
import jnr.posix.CmsgHdr;
import jnr.posix.MsgHdr;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.unixsocket.UnixSocketChannel;

/** The service's end of a worker's socket. One thread reads, one writes. */
final class WorkerChannel {
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;

    /** Most descriptors in one message; the worker's side has room for as many. */
    private static final int DESCRIPTORS_PER_MESSAGE = 64;

    private final UnixSocketChannel channel;
    private final ByteBuffer input = ByteBuffer.allocateDirect(64 * 1024);
    private final ByteBuffer output = ByteBuffer.allocateDirect(64 * 1024);

    WorkerChannel(UnixSocketChannel channel) {
        this.channel = channel;
    }

    /** Reads at least one byte, waiting for it; -1 at the end. */
    int read(byte[] destination, int offset, int length) throws IOException {
        input.clear().limit(Math.min(length, input.capacity()));
        int count = channel.read(input);
        if (count <= 0) {
            return -1;
        }
        input.flip();
        input.get(destination, offset, count);
        return count;
    }

    /** Writes all of a frame. */
    void write(byte[] frame, int offset) throws IOException {
        int at = offset;
        while (at < frame.length) {
            output.clear();
            output.put(frame, at, Math.min(output.remaining(), frame.length - at));
            at += output.position();
            output.flip();
            while (output.hasRemaining()) {
                channel.write(output);
            }
        }
    }

    /** Writes all of a frame with descriptors: each message of them goes with a byte of the frame. */
    void write(byte[] frame, List<HostFile> descriptors) throws IOException {
        int offset = 0;
        for (int from = 0; from < descriptors.size(); from += DESCRIPTORS_PER_MESSAGE) {
            int to = Math.min(descriptors.size(), from + DESCRIPTORS_PER_MESSAGE);
            sendByte(frame[offset++], descriptors.subList(from, to));
        }
        write(frame, offset);
    }

    private void sendByte(byte value, List<HostFile> descriptors) throws IOException {
        POSIX posix = POSIXFactory.getNativePOSIX();
        ByteBuffer data = ByteBuffer.allocateDirect(1);
        data.put(0, value);
        ByteBuffer numbers =
                ByteBuffer.allocateDirect(Integer.BYTES * descriptors.size()).order(ByteOrder.nativeOrder());
        descriptors.forEach(file -> numbers.putInt(file.descriptor()));
        numbers.flip();

        MsgHdr message = posix.allocateMsgHdr();
        message.setIov(new ByteBuffer[] {data});
        CmsgHdr control = message.allocateControl(numbers.remaining());
        control.setLevel(SocketLevel.SOL_SOCKET.intValue());
        control.setType(SCM_RIGHTS);
        control.setData(numbers);

        int sent = posix.sendmsg(channel.getFD(), message, MSG_NOSIGNAL);
        if (sent != 1) {
            throw new IOException("cannot pass descriptors to a worker (errno " + posix.errno() + ")");
        }
    }

    /** Ends the connection; whoever reads or writes is woken. {@link #close} is for the reader, when it is done. */
    void shutdown() {
        try {
            channel.shutdownInput();
            channel.shutdownOutput();
        } catch (IOException e) {
            // Not connected any more: what was wanted.
            return;
        }
    }

    void close() throws IOException {
        channel.close();
    }
}
