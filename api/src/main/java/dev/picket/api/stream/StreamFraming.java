package dev.picket.api.stream;

import dev.picket.service.stream.OutputFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Docker's framing of streams.
 *
 * <pre>
 *  0        1     2     3     4                      8
 * +--------+-----+-----+-----+-----+-----+-----+-----+---------
 * | stream |  0  |  0  |  0  | length, big endian    | data ...
 * +--------+-----+-----+-----+-----+-----+-----+-----+---------
 * </pre>
 *
 * Stream 1 is standard output, 2 standard error, 3 an error of the daemon. A terminal has no framing.
 */
public enum StreamFraming {
    /** Each piece with a header. */
    FRAMED,
    /** The bytes as they are. */
    RAW;

    private static final int HEADER_BYTES = 8;
    private static final int SYSTEM_ERROR = 3;

    /** What a process with or without a terminal is sent with. */
    public static StreamFraming of(boolean terminal) {
        return terminal ? RAW : FRAMED;
    }

    /** The bytes of a piece of output. */
    public ByteBuf encode(OutputFrame frame) {
        ByteBuf data = Unpooled.wrappedBuffer(frame.data());
        if (this == RAW) {
            return data;
        }
        return Unpooled.wrappedBuffer(header(frame.stream(), frame.data().length), data);
    }

    /** The same, as plain bytes. */
    public byte[] encodeBytes(OutputFrame frame) {
        if (this == RAW) {
            return frame.data();
        }
        int length = frame.data().length;
        byte[] bytes = new byte[HEADER_BYTES + length];
        ByteBuffer.wrap(bytes)
                .put((byte) frame.stream())
                .position(4)
                .putInt(length)
                .put(frame.data());
        return bytes;
    }

    /** The bytes of an error that is met when the headers are gone already. */
    public ByteBuf encodeError(String message) {
        byte[] data = message.getBytes(StandardCharsets.UTF_8);
        ByteBuf body = Unpooled.wrappedBuffer(data);
        return this == RAW ? body : Unpooled.wrappedBuffer(header(SYSTEM_ERROR, data.length), body);
    }

    private static ByteBuf header(int stream, int length) {
        return Unpooled.buffer(HEADER_BYTES).writeByte(stream).writeZero(3).writeInt(length);
    }
}
