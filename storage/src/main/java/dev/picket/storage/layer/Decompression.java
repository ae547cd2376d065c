package dev.picket.storage.layer;

import dev.picket.storage.failure.MalformedContentException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.MemoryLimitException;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** Finds out how an archive is compressed, by its first bytes, and undoes it: gzip, bzip2, xz, or nothing. */
public final class Decompression {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int MAGIC_BYTES = 6;
    /** An xz stream says how much memory its dictionary wants; {@code xz -9} wants 65 MiB. */
    private static final int MAX_XZ_KIBIBYTES = 160 * 1024;

    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final byte[] BZIP2 = {'B', 'Z', 'h'};
    private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    private static final byte[] ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};

    private Decompression() {}

    /**
     * The uncompressed bytes of {@code source}. Damaged compression shows as {@link MalformedContentException}, a failure
     * of {@code source} itself as the exception that it threw. Closing closes {@code source}.
     */
    public static InputStream open(InputStream source) throws IOException {
        var guarded = new SourceStream(source);
        var buffered = new BufferedInputStream(guarded, BUFFER_BYTES);
        buffered.mark(MAGIC_BYTES);
        byte[] magic = buffered.readNBytes(MAGIC_BYTES);
        buffered.reset();
        try {
            if (startsWith(magic, GZIP)) {
                return new DecompressedStream("gzip", new GzipCompressorInputStream(buffered, true), guarded);
            }
            if (startsWith(magic, BZIP2)) {
                return new DecompressedStream("bzip2", new BZip2CompressorInputStream(buffered, true), guarded);
            }
            if (startsWith(magic, XZ)) {
                var xz = new XZCompressorInputStream(buffered, true, MAX_XZ_KIBIBYTES);
                return new DecompressedStream("xz", xz, guarded);
            }
        } catch (IOException e) {
            throw guarded.failed ? e : malformed("compressed", e);
        }
        if (startsWith(magic, ZSTD)) {
            throw new MalformedContentException("the archive is compressed with zstd, which is not supported");
        }
        return buffered;
    }

    private static boolean startsWith(byte[] bytes, byte[] magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (bytes[i] != magic[i]) {
                return false;
            }
        }
        return true;
    }

    private static MalformedContentException malformed(String format, Exception cause) {
        if (cause instanceof MemoryLimitException) {
            return new MalformedContentException(
                    "the xz stream wants more than " + MAX_XZ_KIBIBYTES / 1024 + " MiB of memory", cause);
        }
        String reason = cause instanceof EOFException ? "unexpected EOF" : String.valueOf(cause.getMessage());
        return new MalformedContentException("damaged " + format + " data: " + reason, cause);
    }

    /** Remembers whether the failure of a read was the source's own. */
    private static final class SourceStream extends FilterInputStream {
        private boolean failed;

        SourceStream(InputStream source) {
            super(source);
        }

        @Override
        public int read() throws IOException {
            try {
                return in.read();
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }
    }

    /** Tells damaged data from a failing source. */
    private static final class DecompressedStream extends InputStream {
        private final String format;
        private final InputStream decompressor;
        private final SourceStream source;

        DecompressedStream(String format, InputStream decompressor, SourceStream source) {
            this.format = format;
            this.decompressor = decompressor;
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return decompressor.read(bytes, offset, length);
            } catch (IOException e) {
                throw source.failed ? e : malformed(format, e);
            } catch (IndexOutOfBoundsException | IllegalStateException | NegativeArraySizeException e) {
                // Decoders of third parties, fed garbage, do not always fail in the way they declare.
                throw malformed(format, e);
            }
        }

        @Override
        public void close() throws IOException {
            decompressor.close();
            source.close();
        }
    }
}
