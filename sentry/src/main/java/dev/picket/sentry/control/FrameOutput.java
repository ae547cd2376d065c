package dev.picket.sentry.control;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;

/** A frame being built: four bytes for the length, then what is put. */
final class FrameOutput {
    private final ByteArrayOutputStream bytes;
    private final DataOutputStream data;

    FrameOutput(int expectedBytes) {
        bytes = new ByteArrayOutputStream(expectedBytes);
        data = new DataOutputStream(bytes);
        putInt(0);
    }

    FrameOutput putByte(int value) {
        bytes.write(value);
        return this;
    }

    FrameOutput putBoolean(boolean value) {
        return putByte(value ? 1 : 0);
    }

    FrameOutput putInt(int value) {
        try {
            data.writeInt(value);
        } catch (IOException e) {
            throw new UncheckedIOException("an array cannot fail", e);
        }
        return this;
    }

    FrameOutput putLong(long value) {
        try {
            data.writeLong(value);
        } catch (IOException e) {
            throw new UncheckedIOException("an array cannot fail", e);
        }
        return this;
    }

    FrameOutput putBytes(byte[] value) {
        putInt(value.length);
        bytes.writeBytes(value);
        return this;
    }

    FrameOutput putString(String value) {
        return putBytes(value.getBytes(StandardCharsets.UTF_8));
    }

    FrameOutput putOptional(String value) {
        putBoolean(value != null);
        return value == null ? this : putString(value);
    }

    <T> FrameOutput putList(List<T> values, BiConsumer<FrameOutput, T> element) {
        putInt(values.size());
        for (T value : values) {
            element.accept(this, value);
        }
        return this;
    }

    FrameOutput putStrings(List<String> values) {
        return putList(values, FrameOutput::putString);
    }

    /** The frame. @throws IllegalArgumentException if the other side would not accept it */
    byte[] finish(int maximumBytes) {
        byte[] frame = bytes.toByteArray();
        int length = frame.length - Integer.BYTES;
        if (length > maximumBytes) {
            throw new IllegalArgumentException(
                    "message of " + length + " bytes; at most " + maximumBytes + " can be sent");
        }
        frame[0] = (byte) (length >>> 24);
        frame[1] = (byte) (length >>> 16);
        frame[2] = (byte) (length >>> 8);
        frame[3] = (byte) length;
        return frame;
    }
}
