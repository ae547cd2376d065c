package dev.picket.storage.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Reads a {@link FileData} from beginning to end, holes as zeros. Closing does nothing: the archive stays open. */
final class FileDataStream extends InputStream {
    private final FileData data;
    private long position;
    private int range;

    FileDataStream(FileData data) {
        this.data = data;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (position == data.sizeBytes()) {
            return -1;
        }
        while (range < data.rangeCount() && position >= data.rangeOffset(range) + data.rangeLengthBytes(range)) {
            range++;
        }
        boolean hole = range == data.rangeCount() || position < data.rangeOffset(range);
        long end = range == data.rangeCount()
                ? data.sizeBytes()
                : hole ? data.rangeOffset(range) : data.rangeOffset(range) + data.rangeLengthBytes(range);
        int now = (int) Math.min(length, end - position);
        ByteBuffer destination = ByteBuffer.wrap(bytes, offset, now);
        if (hole) {
            destination.put(new byte[now]);
        } else {
            data.read(range, position - data.rangeOffset(range), destination);
        }
        position += now;
        return now;
    }
}
