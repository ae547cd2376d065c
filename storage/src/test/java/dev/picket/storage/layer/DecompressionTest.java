package dev.picket.storage.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.failure.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Test;

class DecompressionTest {
    private interface Format {
        OutputStream over(OutputStream out) throws IOException;
    }

    private static final List<Format> FORMATS = List.of(
            GZIPOutputStream::new, BZip2CompressorOutputStream::new, out -> new XZCompressorOutputStream(out, 1));

    private static byte[] compress(Format format, byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (OutputStream compressor = format.over(out)) {
            compressor.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] decompress(byte[] compressed) throws IOException {
        try (InputStream stream = Decompression.open(new ByteArrayInputStream(compressed))) {
            return stream.readAllBytes();
        }
    }

    private static byte[] content() {
        byte[] content = new byte[50_000];
        new Random(7).nextBytes(content);
        return content;
    }

    @Test
    void each_format_is_found_by_its_first_bytes() throws Exception {
        assertArrayEquals(content(), decompress(content()));
        assertArrayEquals(new byte[3], decompress(new byte[3]));
        for (Format format : FORMATS) {
            assertArrayEquals(content(), decompress(compress(format, content())));
        }
    }

    @Test
    void members_after_the_first_are_read_too() throws Exception {
        var two = new ByteArrayOutputStream();
        two.write(compress(GZIPOutputStream::new, "one ".getBytes()));
        two.write(compress(GZIPOutputStream::new, "two".getBytes()));

        assertEquals("one two", new String(decompress(two.toByteArray())));
    }

    @Test
    void cut_and_damaged_streams_are_malformed() throws Exception {
        var random = new Random(3);
        for (Format format : FORMATS) {
            byte[] whole = compress(format, content());
            for (int length = 8; length < whole.length; length += 4999) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThrows(MalformedContentException.class, () -> decompress(cut));
            }
            byte[] damaged = whole.clone();
            for (int i = 0; i < 20; i++) {
                damaged[100 + random.nextInt(damaged.length - 100)] ^= (byte) (1 + random.nextInt(255));
            }
            assertThrows(MalformedContentException.class, () -> decompress(damaged));
        }
    }

    @Test
    void a_failing_source_is_not_taken_for_damage() throws Exception {
        byte[] whole = compress(GZIPOutputStream::new, content());
        var failure = new IOException("connection reset");
        var source = new InputStream() {
            private int at;

            @Override
            public int read() throws IOException {
                if (at == whole.length / 2) {
                    throw failure;
                }
                return whole[at++] & 0xff;
            }
        };

        IOException thrown =
                assertThrows(IOException.class, () -> Decompression.open(source).readAllBytes());
        assertSame(failure, thrown);
    }

    @Test
    void zstd_is_named_in_the_refusal() {
        byte[] zstd = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 0, 0, 0};

        assertTrue(assertThrows(MalformedContentException.class, () -> decompress(zstd))
                .getMessage()
                .contains("zstd"));
    }
}
