package dev.picket.service.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678900Z");

    @TempDir
    Path directory;

    private LogFile log(long maximumBytes, int files) {
        return new LogFile(directory.resolve("c-json.log"), maximumBytes, files, Clock.fixed(TIME, ZoneOffset.UTC));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> read(LogFile log, long tail) throws IOException {
        List<String> lines = new ArrayList<>();
        try (LogReader reader = LogReader.open(log, tail)) {
            for (LogEntry entry = reader.next(); entry != null; entry = reader.next()) {
                lines.add(entry.stream() + ":" + new String(entry.data(), StandardCharsets.UTF_8));
            }
        }
        return lines;
    }

    @Test
    void a_line_on_disk_is_what_docker_writes() throws IOException {
        try (LogFile log = log(0, 1)) {
            log.append(1, bytes("a\"b\\<\t\u0001\u00e9\u2028\n"));
        }
        assertEquals(
                "{\"log\":\"a\\\"b\\\\\\u003c\\t\\u0001\u00e9\\u2028\\n\",\"stream\":\"stdout\","
                        + "\"time\":\"2026-01-02T03:04:05.6789Z\"}\n",
                Files.readString(directory.resolve("c-json.log")));
    }

    @Test
    void what_is_written_is_json_and_comes_back_whatever_it_is() throws IOException {
        Random random = new Random(7);
        var json = new ObjectMapper();
        for (int round = 0; round < 300; round++) {
            byte[] data = new byte[random.nextInt(60)];
            random.nextBytes(data);
            var line = new ByteArrayOutputStream();
            JsonLine.write(line, 2, TIME, data, 0, data.length);
            byte[] bytes = line.toByteArray();

            LogEntry entry = JsonLine.read(bytes, 0, bytes.length - 1);
            String wanted = new String(data, StandardCharsets.UTF_8);
            assertEquals(wanted, new String(entry.data(), StandardCharsets.UTF_8));
            assertEquals(wanted, json.readTree(bytes).get("log").asText());
            assertEquals(2, entry.stream());
            assertEquals(TIME, entry.time());
        }
    }

    @Test
    void lines_that_are_no_entries_are_refused() {
        for (String line : List.of(
                "",
                "{",
                "{}",
                "[]",
                "{\"log\":\"a\"}",
                "{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"x\"}",
                "{\"log\":\"\\u12\",\"stream\":\"stdout\",\"time\":\"2026-01-02T03:04:05Z\"}",
                "{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"2026-01-02T03:04:05Z\"} trailing")) {
            assertNull(JsonLine.read(bytes(line), 0, bytes(line).length), line);
        }
    }

    @Test
    void lines_are_put_together_per_stream() throws IOException {
        try (LogFile log = log(0, 1)) {
            log.append(1, bytes("on"));
            log.append(2, bytes("err\n"));
            log.append(1, bytes("e\ntwo\nthr"));
            assertEquals(List.of("2:err\n", "1:one\n", "1:two\n"), read(log, -1));

            log.end(1);
            log.end(2);
            assertEquals(List.of("2:err\n", "1:one\n", "1:two\n", "1:thr"), read(log, -1));
        }
    }

    @Test
    void a_long_line_is_split_at_16_kibibytes() throws IOException {
        try (LogFile log = log(0, 1)) {
            log.append(1, bytes("x".repeat(40_000)));
            log.append(1, bytes("\n"));
            List<String> lines = read(log, -1);
            assertEquals(3, lines.size());
            assertEquals("1:" + "x".repeat(16 * 1024), lines.get(0));
            assertEquals("1:" + "x".repeat(16 * 1024), lines.get(1));
            assertEquals("1:" + "x".repeat(40_000 - 32 * 1024) + "\n", lines.get(2));
        }
    }

    @Test
    void pieces_of_any_size_give_the_same_log() throws IOException {
        byte[] data = new byte[100_000];
        Random random = new Random(3);
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (random.nextInt(500) == 0 ? '\n' : 'a' + random.nextInt(26));
        }
        List<String> expected = null;
        for (int piece : new int[] {data.length, 1, 333, 16_384}) {
            Files.deleteIfExists(directory.resolve("c-json.log"));
            try (LogFile log = log(0, 1)) {
                for (int at = 0; at < data.length; at += piece) {
                    log.append(1, java.util.Arrays.copyOfRange(data, at, Math.min(data.length, at + piece)));
                }
                log.end(1);
                List<String> lines = read(log, -1);
                expected = expected == null ? lines : expected;
                assertEquals(expected, lines, "pieces of " + piece);
            }
        }
    }

    @Test
    void tail_gives_the_last_lines_also_across_files() throws IOException {
        try (LogFile log = log(400, 3)) {
            for (int i = 0; i < 12; i++) {
                log.append(1, bytes("line " + i + "\n"));
            }
            assertTrue(Files.exists(directory.resolve("c-json.log.1")), "it has rotated");
            List<String> all = read(log, -1);
            assertEquals("1:line 11\n", all.get(all.size() - 1));
            for (int tail = 0; tail <= all.size() + 2; tail++) {
                assertEquals(all.subList(Math.max(0, all.size() - tail), all.size()), read(log, tail), "tail " + tail);
            }
        }
    }

    @Test
    void rotation_keeps_as_many_files_as_asked_for() throws IOException {
        try (LogFile log = log(300, 2)) {
            for (int i = 0; i < 50; i++) {
                log.append(1, bytes("line " + i + "\n"));
            }
        }
        try (var files = Files.list(directory)) {
            assertEquals(2, files.count());
        }
        assertTrue(Files.size(directory.resolve("c-json.log")) <= 300);
    }

    @Test
    void a_reader_follows_through_rotation_without_losing_a_line() throws IOException {
        try (LogFile log = log(250, 50)) {
            log.append(1, bytes("first\n"));
            List<String> seen = new ArrayList<>();
            try (LogReader reader = LogReader.open(log, -1)) {
                for (int i = 0; i < 200; i++) {
                    log.append(1, bytes("line " + i + "\n"));
                    if (i % 7 == 0) {
                        for (LogEntry entry = reader.next(); entry != null; entry = reader.next()) {
                            seen.add(new String(entry.data(), StandardCharsets.UTF_8));
                        }
                    }
                }
                for (LogEntry entry = reader.next(); entry != null; entry = reader.next()) {
                    seen.add(new String(entry.data(), StandardCharsets.UTF_8));
                }
            }
            assertEquals(201, seen.size());
            assertEquals("line 199\n", seen.get(200));
        }
    }

    @Test
    void a_reader_that_was_overtaken_goes_on_with_the_oldest_there_is() throws IOException {
        try (LogFile log = log(200, 2)) {
            log.append(1, bytes("first\n"));
            try (LogReader reader = LogReader.open(log, -1)) {
                assertEquals("first\n", new String(reader.next().data(), StandardCharsets.UTF_8));
                for (int i = 0; i < 100; i++) {
                    log.append(1, bytes("line " + i + "\n"));
                }
                String last = "";
                for (LogEntry entry = reader.next(); entry != null; entry = reader.next()) {
                    last = new String(entry.data(), StandardCharsets.UTF_8);
                }
                assertEquals("line 99\n", last);
            }
        }
    }

    @Test
    void half_a_line_left_by_a_crash_is_cut_off() throws IOException {
        Path path = directory.resolve("c-json.log");
        try (LogFile log = log(0, 1)) {
            log.append(1, bytes("whole\n"));
        }
        Files.writeString(path, "{\"log\":\"ha", StandardOpenOption.APPEND);
        try (LogFile log = log(0, 1)) {
            log.append(1, bytes("next\n"));
            assertEquals(List.of("1:whole\n", "1:next\n"), read(log, -1));
        }
    }

    @Test
    void a_disk_that_fails_costs_entries_and_nothing_else() throws IOException {
        LogFile log = new LogFile(directory.resolve("missing/c-json.log"), 0, 1, Clock.systemUTC());
        log.append(1, bytes("lost\n"));
        log.close();
        assertFalse(Files.exists(directory.resolve("missing")));
    }

    @Test
    void deleting_takes_all_files() throws IOException {
        LogFile log = log(200, 3);
        for (int i = 0; i < 30; i++) {
            log.append(1, bytes("line " + i + "\n"));
        }
        log.delete();
        try (var files = Files.list(directory)) {
            assertArrayEquals(new Object[0], files.toArray());
        }
    }
}
