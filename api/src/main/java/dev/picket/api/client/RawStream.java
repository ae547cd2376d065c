package dev.picket.api.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A hijacked connection: the streams of a process. */
public final class RawStream implements AutoCloseable {
    private static final int HEADER_BYTES = 8;
    private static final int STDERR = 2;
    private static final int SYSTEM_ERROR = 3;
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Connection connection;

    RawStream(Connection connection) {
        this.connection = connection;
    }

    /** Sends standard input. */
    public void write(byte[] data, int offset, int length) throws IOException {
        connection.write(ByteBuffer.wrap(data, offset, length));
    }

    /** Says that there is no more input; output goes on. */
    public void closeInput() throws IOException {
        connection.shutdownOutput();
    }

    /** Copies a terminal's output until its end. */
    public void copyRaw(OutputStream output) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int count = connection.read(buffer, 0, buffer.length);
                count >= 0;
                count = connection.read(buffer, 0, buffer.length)) {
            output.write(buffer, 0, count);
            output.flush();
        }
    }

    /**
     * Copies framed output until its end.
     *
     * @throws ApiException with what the service says inside the stream
     */
    public void copyFrames(OutputStream output, OutputStream error) throws IOException {
        byte[] header = new byte[HEADER_BYTES];
        byte[] buffer = new byte[BUFFER_BYTES];
        while (readFully(header, HEADER_BYTES)) {
            int stream = header[0];
            long length = ByteBuffer.wrap(header).getInt(4) & 0xffffffffL;
            if (stream == SYSTEM_ERROR) {
                byte[] message = new byte[(int) Math.min(length, BUFFER_BYTES)];
                readFully(message, message.length);
                throw new ApiException(500, new String(message, StandardCharsets.UTF_8).trim());
            }
            OutputStream target = stream == STDERR ? error : output;
            while (length > 0) {
                int count = connection.read(buffer, 0, (int) Math.min(length, buffer.length));
                if (count < 0) {
                    throw new IOException("the service closed the connection amid output");
                }
                target.write(buffer, 0, count);
                length -= count;
            }
            target.flush();
        }
    }

    /** @return false at the end of the stream */
    private boolean readFully(byte[] target, int length) throws IOException {
        for (int done = 0; done < length; ) {
            int count = connection.read(target, done, length - done);
            if (count < 0) {
                if (done == 0) {
                    return false;
                }
                throw new IOException("the service closed the connection amid output");
            }
            done += count;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
