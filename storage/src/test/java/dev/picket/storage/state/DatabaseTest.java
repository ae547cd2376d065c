package dev.picket.storage.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.h2.Driver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    private static final String A = "aa" + "0".repeat(62);
    private static final String B = "ab" + "0".repeat(62);

    @TempDir
    Path directory;

    private interface Body<T> {
        T run(ContainerRecords containers, ImageRecords images) throws Exception;
    }

    private <T> T open(Body<T> body) throws Exception {
        try (Database database = Database.open(directory)) {
            return body.run(new ContainerRecords(database, Clock.systemUTC()), new ImageRecords(database));
        }
    }

    @Test
    void containers_are_found_by_id_name_and_part_of_the_id() throws Exception {
        open((containers, images) -> {
            containers.insert(A, "one", "{}");
            containers.insert(B, "aa", "{}");

            assertEquals(A, containers.resolve(A).id());
            assertEquals(A, containers.resolve("one").id());
            assertEquals(A, containers.resolve("/one").id());
            assertEquals(B, containers.resolve("ab").id());
            // A name goes before a part of an id.
            assertEquals(B, containers.resolve("aa").id());
            assertEquals(
                    "multiple IDs found with provided prefix: a",
                    assertThrows(StorageException.Invalid.class, () -> containers.resolve("a"))
                            .getMessage());
            assertEquals(
                    "No such container: nobody",
                    assertThrows(StorageException.NotFound.class, () -> containers.resolve("nobody"))
                            .getMessage());
            assertThrows(StorageException.NotFound.class, () -> containers.resolve("%"));
            assertThrows(StorageException.NotFound.class, () -> containers.resolve(""));
            return null;
        });
    }

    @Test
    void a_name_in_use_is_refused_in_dockers_words() throws Exception {
        open((containers, images) -> {
            containers.insert(A, "one", "{}");

            String message = assertThrows(StorageException.Conflict.class, () -> containers.insert(B, "one", "{}"))
                    .getMessage();
            assertEquals(
                    "Conflict. The container name \"/one\" is already in use by container \"" + A
                            + "\". You have to remove (or rename) that container to be able to reuse that name.",
                    message);
            containers.insert(B, "two", "{}");
            assertThrows(StorageException.Conflict.class, () -> containers.rename(B, "one"));
            assertTrue(containers.delete(A));
            assertFalse(containers.delete(A));
            containers.rename(B, "one");
            assertEquals(B, containers.findByName("one").orElseThrow().id());
            return null;
        });
    }

    @Test
    void documents_change_and_survive_a_restart() throws Exception {
        String document = "{\"ü\":\"" + "x".repeat(100_000) + "\"}";
        open((containers, images) -> {
            containers.insert(A, "one", "{}");
            containers.update(A, document);
            assertThrows(StorageException.NotFound.class, () -> containers.update(B, "{}"));
            assertThrows(
                    StorageException.Invalid.class,
                    () -> containers.update(A, "x".repeat(ContainerRecords.MAX_DOCUMENT_CHARS + 1)));
            containers.update(A, "y".repeat(ContainerRecords.MAX_DOCUMENT_CHARS));
            containers.update(A, document);
            return null;
        });
        open((containers, images) -> {
            assertEquals(document, containers.findById(A).orElseThrow().json());
            assertEquals(1, containers.list().size());
            return null;
        });
    }

    @Test
    void images_and_names_survive_a_restart() throws Exception {
        var layer = new Digest("1".repeat(64));
        var record = new ImageRecord(
                new Digest(A), layer, 42, Instant.ofEpochMilli(1_700_000_000_000L), List.of(layer, layer));
        Reference name = Reference.parse("busybox").tagged();
        open((containers, images) -> {
            images.add(List.of(record), Map.of(name, record.id()));
            images.sync();
            return null;
        });
        open((containers, images) -> {
            assertEquals(record, images.find(record.id()).orElseThrow());
            assertEquals(record.id(), images.byName(name).orElseThrow());
            assertEquals(List.of(record.id()), images.byPrefix("aa"));
            images.remove(record.id());
            assertTrue(images.list().isEmpty());
            assertTrue(images.names().isEmpty());
            assertTrue(images.layersInUse().isEmpty());
            return null;
        });
    }

    @Test
    void half_a_transaction_is_undone() throws Exception {
        open((containers, images) -> {
            var layer = new Digest("1".repeat(64));
            var record = new ImageRecord(new Digest(A), layer, 1, Instant.EPOCH, List.of(layer));
            var tooLong = new Reference("docker.io", "x".repeat(700), "latest", "");

            assertThrows(
                    StorageException.Failed.class, () -> images.add(List.of(record), Map.of(tooLong, record.id())));
            assertTrue(images.list().isEmpty());
            return null;
        });
    }

    @Test
    void a_database_of_a_newer_version_is_left_alone() throws Exception {
        Database.open(directory).close();
        try (var connection = new Driver().connect("jdbc:h2:file:" + directory.resolve("picket"), properties());
                var statement = connection.createStatement()) {
            statement.execute("INSERT INTO schema_version VALUES (99)");
        }

        String message = assertThrows(StorageException.Invalid.class, () -> Database.open(directory))
                .getMessage();
        assertTrue(message.contains("newer version"), message);
    }

    private static Properties properties() {
        var properties = new Properties();
        properties.setProperty("user", "picket");
        properties.setProperty("password", "");
        return properties;
    }

    @Test
    void a_damaged_database_is_called_so() throws Exception {
        Files.write(
                directory.resolve("picket.mv.db"), "not a database".repeat(1000).getBytes());

        assertThrows(StorageException.Corrupt.class, () -> Database.open(directory));
    }

    /** The process ends as by kill -9; what is older than the write delay must be there. */
    @Test
    void records_survive_the_death_of_the_process() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        directory.toString())
                .inheritIO()
                .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(Victim.STATUS, process.exitValue());

        open((containers, images) -> {
            assertEquals(
                    "{\"a\":1}", containers.findByName("victim").orElseThrow().json());
            return null;
        });
    }

    /** Inserts a record and dies without closing anything. */
    static final class Victim {
        static final int STATUS = 9;

        public static void main(String[] args) throws Exception {
            Database database = Database.open(Path.of(args[0]));
            new ContainerRecords(database, Clock.systemUTC()).insert(A, "victim", "{\"a\":1}");
            Thread.sleep(10 * Database.WRITE_DELAY_MILLIS);
            Runtime.getRuntime().halt(STATUS);
        }
    }
}
