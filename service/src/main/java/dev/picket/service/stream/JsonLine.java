package dev.picket.service.stream;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Lines of Docker's json-file format: {@code {"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.678Z"}}.
 *
 * <p>Bytes that are not UTF-8 become U+FFFD, as with Docker; readers that need every byte attach.
 */
final class JsonLine {
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");
    private static final byte[] LOG = ascii("{\"log\":\"");
    private static final byte[] STDOUT = ascii("\",\"stream\":\"stdout\",\"time\":\"");
    private static final byte[] STDERR = ascii("\",\"stream\":\"stderr\",\"time\":\"");
    private static final byte[] END = ascii("\"}\n");
    private static final byte[] HEX = ascii("0123456789abcdef");

    private JsonLine() {}

    /** Appends one line to {@code target}. */
    static void write(ByteArrayOutputStream target, int stream, Instant time, byte[] data, int offset, int length) {
        target.writeBytes(LOG);
        String text = StandardCharsets.UTF_8
                .decode(ByteBuffer.wrap(data, offset, length))
                .toString();
        escape(target, text);
        target.writeBytes(stream == OutputFrame.STDERR ? STDERR : STDOUT);
        target.writeBytes(ascii(format(time)));
        target.writeBytes(END);
    }

    private static void escape(ByteArrayOutputStream target, String text) {
        int plain = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // As Go's encoding/json: <, > and & could end up in HTML, U+2028 and U+2029 in JavaScript.
            boolean escaped = c < 0x20
                    || c == '"'
                    || c == '\\'
                    || c == '<'
                    || c == '>'
                    || c == '&'
                    || c == '\u2028'
                    || c == '\u2029';
            if (!escaped) {
                continue;
            }
            target.writeBytes(text.substring(plain, i).getBytes(StandardCharsets.UTF_8));
            plain = i + 1;
            target.write('\\');
            switch (c) {
                case '"', '\\' -> target.write(c);
                case '\n' -> target.write('n');
                case '\r' -> target.write('r');
                case '\t' -> target.write('t');
                default -> {
                    target.write('u');
                    for (int shift = 12; shift >= 0; shift -= 4) {
                        target.write(HEX[c >> shift & 15]);
                    }
                }
            }
        }
        target.writeBytes(text.substring(plain).getBytes(StandardCharsets.UTF_8));
    }

    /** Go's RFC3339Nano: as many digits as it takes. */
    static String format(Instant time) {
        String text = formatNanos(time);
        int end = text.length() - 1;
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        if (text.charAt(end - 1) == '.') {
            end--;
        }
        return text.substring(0, end) + "Z";
    }

    /** RFC 3339 with nine digits, as {@code docker logs --timestamps} shows it. */
    static String formatNanos(Instant time) {
        String seconds = SECONDS.format(LocalDateTime.ofInstant(time, ZoneOffset.UTC));
        String nanos = Integer.toString(1_000_000_000 + time.getNano());
        return seconds + "." + nanos.substring(1) + "Z";
    }

    /**
     * Reads one line, without its end.
     *
     * @return null if it is no line of a log
     */
    static LogEntry read(byte[] line, int offset, int length) {
        return new Parser(line, offset, offset + length).parse();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A parser of flat objects of strings: all that such a line can be, in any order of members. */
    private static final class Parser {
        private final byte[] bytes;
        private final int end;
        private int at;

        Parser(byte[] bytes, int start, int end) {
            this.bytes = bytes;
            this.at = start;
            this.end = end;
        }

        LogEntry parse() {
            byte[] log = null;
            int stream = 0;
            Instant time = null;
            if (!take('{')) {
                return null;
            }
            do {
                byte[] name = string();
                if (name == null || !take(':')) {
                    return null;
                }
                byte[] value = string();
                if (value == null) {
                    return null;
                }
                switch (new String(name, StandardCharsets.UTF_8)) {
                    case "log" -> log = value;
                    case "stream" -> stream = new String(value, StandardCharsets.UTF_8).equals("stderr")
                            ? OutputFrame.STDERR
                            : OutputFrame.STDOUT;
                    case "time" -> {
                        try {
                            time = Instant.parse(new String(value, StandardCharsets.UTF_8));
                        } catch (DateTimeException e) {
                            return null;
                        }
                    }
                    default -> {
                        // Docker may add members; none changes what the line says.
                    }
                }
            } while (take(','));
            return take('}') && at == end && log != null && stream != 0 && time != null
                    ? new LogEntry(stream, time, log)
                    : null;
        }

        private boolean take(char wanted) {
            while (at < end && bytes[at] == ' ') {
                at++;
            }
            if (at < end && bytes[at] == wanted) {
                at++;
                return true;
            }
            return false;
        }

        private byte[] string() {
            if (!take('"')) {
                return null;
            }
            var value = new ByteArrayOutputStream(end - at);
            while (at < end) {
                byte b = bytes[at++];
                if (b == '"') {
                    return value.toByteArray();
                }
                if (b != '\\') {
                    value.write(b);
                    continue;
                }
                if (at == end) {
                    return null;
                }
                byte escape = bytes[at++];
                switch (escape) {
                    case '"', '\\', '/' -> value.write(escape);
                    case 'n' -> value.write('\n');
                    case 'r' -> value.write('\r');
                    case 't' -> value.write('\t');
                    case 'b' -> value.write('\b');
                    case 'f' -> value.write('\f');
                    case 'u' -> {
                        int unit = hex();
                        if (unit < 0) {
                            return null;
                        }
                        value.writeBytes(new String(Character.toChars(unit)).getBytes(StandardCharsets.UTF_8));
                    }
                    default -> {
                        return null;
                    }
                }
            }
            return null;
        }

        /** Four digits; surrogates do not occur in what {@link #write} escapes. */
        private int hex() {
            if (end - at < 4) {
                return -1;
            }
            int value = 0;
            for (int i = 0; i < 4; i++) {
                int digit = Character.digit(bytes[at++], 16);
                if (digit < 0) {
                    return -1;
                }
                value = value << 4 | digit;
            }
            return value;
        }
    }
}
