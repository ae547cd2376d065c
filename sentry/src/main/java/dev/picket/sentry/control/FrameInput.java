package dev.picket.sentry.control;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The parts of a frame's body, in order. Every length in it is checked against what is left before it is believed. */
final class FrameInput {
    private final ByteArrayInputStream bytes;
    private final DataInputStream data;

    FrameInput(byte[] body) {
        bytes = new ByteArrayInputStream(body);
        data = new DataInputStream(bytes);
    }

    int getByte() throws IOException {
        try {
            return data.readUnsignedByte();
        } catch (EOFException e) {
            throw cut();
        }
    }

    boolean getBoolean() throws IOException {
        int value = getByte();
        if (value > 1) {
            throw new FrameException("boolean is " + value);
        }
        return value == 1;
    }

    int getInt() throws IOException {
        try {
            return data.readInt();
        } catch (EOFException e) {
            throw cut();
        }
    }

    long getLong() throws IOException {
        try {
            return data.readLong();
        } catch (EOFException e) {
            throw cut();
        }
    }

    byte[] getBytes() throws IOException {
        int length = getInt();
        if (length < 0 || length > bytes.available()) {
            throw new FrameException("length " + length + " where " + bytes.available() + " bytes are left");
        }
        return data.readNBytes(length);
    }

    String getString() throws IOException {
        return new String(getBytes(), StandardCharsets.UTF_8);
    }

    /** A string that may be null. */
    String getOptional() throws IOException {
        return getBoolean() ? getString() : null;
    }

    /** Reads one element of a list. */
    @FunctionalInterface
    interface Element<T> {
        T read(FrameInput input) throws IOException;
    }

    /** @param leastBytes what one element takes at least: bounds the count before anything is allocated */
    <T> List<T> getList(int leastBytes, Element<T> element) throws IOException {
        int count = getInt();
        if (count < 0 || count > bytes.available() / leastBytes) {
            throw new FrameException("list of " + count + " where " + bytes.available() + " bytes are left");
        }
        List<T> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(element.read(this));
        }
        return List.copyOf(list);
    }

    List<String> getStrings() throws IOException {
        return getList(Integer.BYTES, FrameInput::getString);
    }

    void expectEnd() throws FrameException {
        if (bytes.available() > 0) {
            throw new FrameException(bytes.available() + " bytes too many in a frame");
        }
    }

    private static FrameException cut() {
        return new FrameException("frame ends too early");
    }
}
