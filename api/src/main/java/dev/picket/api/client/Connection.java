package dev.picket.api.client;

import dev.picket.api.listen.ListenAddress;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** One connection, carrying one request. */
final class Connection implements AutoCloseable {
    private static final int HEAD_MAX_BYTES = 64 * 1024;
    private static final int BODY_MAX_BYTES = 64 * 1024 * 1024;

    private final SocketChannel channel;
    private final ByteBuffer input = ByteBuffer.allocate(32 * 1024).limit(0);

    private Connection(SocketChannel channel) {
        this.channel = channel;
    }

    static Connection open(ListenAddress address) throws IOException {
        if (address instanceof ListenAddress.Unix unix) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(unix.path()));
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            return new Connection(channel);
        }
        return new Connection(SocketChannel.open(((ListenAddress.Tcp) address).address()));
    }

    /** Status and headers (names in small letters) of an answer. */
    record Head(int status, Map<String, String> headers) {}

    void send(String method, String path, String body, boolean upgrade) throws IOException {
        byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
        var head = new StringBuilder(256);
        head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
        if (body != null) {
            head.append("Content-Type: application/json\r\n");
        }
        if (body != null || method.equals("POST")) {
            head.append("Content-Length: ").append(bytes.length).append("\r\n");
        }
        head.append(upgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n" : "Connection: close\r\n\r\n");
        write(ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.UTF_8)));
        write(ByteBuffer.wrap(bytes));
    }

    void write(ByteBuffer data) throws IOException {
        while (data.hasRemaining()) {
            channel.write(data);
        }
    }

    Head readHead() throws IOException {
        String statusLine = readLine();
        if (!statusLine.matches("HTTP/1\\.[01] [0-9]{3}.*")) {
            throw new IOException("not an HTTP answer: '" + statusLine + "'");
        }
        int status = Integer.parseInt(statusLine.substring(9, 12));
        Map<String, String> headers = new HashMap<>();
        int total = 0;
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            total += line.length();
            int colon = line.indexOf(':');
            if (colon < 0 || total > HEAD_MAX_BYTES) {
                throw new IOException("not an HTTP answer: bad headers");
            }
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim());
        }
        return new Head(status, headers);
    }

    byte[] readBody(Head head) throws IOException {
        if (head.status() == 204 || head.status() == 304) {
            return new byte[0];
        }
        if ("chunked".equalsIgnoreCase(head.headers().get("transfer-encoding"))) {
            return readChunks();
        }
        String length = head.headers().get("content-length");
        return length == null ? readToEnd() : readExactly(bounded(Long.parseLong(length)));
    }

    private byte[] readChunks() throws IOException {
        var body = new ByteArrayOutputStream();
        while (true) {
            String size = readLine();
            int semicolon = size.indexOf(';');
            int length = bounded(Long.parseLong((semicolon < 0 ? size : size.substring(0, semicolon)).trim(), 16));
            if (length == 0) {
                return body.toByteArray();
            }
            bounded((long) body.size() + length);
            body.writeBytes(readExactly(length));
            readLine();
        }
    }

    private byte[] readToEnd() throws IOException {
        var body = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int count = read(buffer, 0, buffer.length); count >= 0; count = read(buffer, 0, buffer.length)) {
            bounded((long) body.size() + count);
            body.write(buffer, 0, count);
        }
        return body.toByteArray();
    }

    private static int bounded(long length) throws IOException {
        if (length < 0 || length > BODY_MAX_BYTES) {
            throw new IOException("answer too large: " + length + " bytes");
        }
        return (int) length;
    }

    private byte[] readExactly(int length) throws IOException {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            int count = read(bytes, done, length - done);
            if (count < 0) {
                throw new EOFException("the service closed the connection");
            }
            done += count;
        }
        return bytes;
    }

    private String readLine() throws IOException {
        var line = new StringBuilder(80);
        while (true) {
            if (!input.hasRemaining() && !fill()) {
                throw new EOFException("the service closed the connection");
            }
            char next = (char) (input.get() & 0xff);
            if (next == '\n') {
                return line.toString();
            }
            if (next != '\r') {
                line.append(next);
            }
            if (line.length() > HEAD_MAX_BYTES) {
                throw new IOException("not an HTTP answer: line too long");
            }
        }
    }

    /** As {@link java.io.InputStream#read(byte[], int, int)}. */
    int read(byte[] target, int offset, int length) throws IOException {
        if (!input.hasRemaining() && !fill()) {
            return -1;
        }
        int count = Math.min(length, input.remaining());
        input.get(target, offset, count);
        return count;
    }

    private boolean fill() throws IOException {
        input.clear();
        int count = channel.read(input);
        input.flip();
        return count > 0;
    }

    void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
