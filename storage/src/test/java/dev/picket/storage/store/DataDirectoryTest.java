package dev.picket.storage.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path temporary;

    private DataDirectory open() throws StorageException {
        return DataDirectory.open(temporary.resolve("data"));
    }

    private long staged() throws IOException {
        try (Stream<Path> files = Files.list(temporary.resolve("data/staging"))) {
            return files.count();
        }
    }

    @Test
    void two_services_cannot_share_a_directory() throws Exception {
        try (DataDirectory first = open()) {
            String message =
                    assertThrows(StorageException.Locked.class, this::open).getMessage();
            assertTrue(message.contains("in use by another service"), message);
            assertTrue(message.contains("process " + ProcessHandle.current().pid()), message);
            assertTrue(first.usableBytes() > 0);
        }
        open().close();
    }

    @Test
    void the_directory_is_the_owners_alone() throws Exception {
        open().close();

        assertEquals(
                PosixFilePermissions.fromString("rwx------"), Files.getPosixFilePermissions(temporary.resolve("data")));
    }

    @Test
    void what_a_crash_left_half_written_goes_at_the_start() throws Exception {
        open().close();
        Files.write(temporary.resolve("data/staging/7"), new byte[100]);
        open().close();

        assertEquals(0, staged());
    }

    @Test
    void content_appears_whole_or_not_at_all() throws Exception {
        try (DataDirectory directory = open()) {
            var store = new ContentStore(directory);
            byte[] content = "content".getBytes();
            try (StagedFile file = store.stage(new ByteArrayInputStream(content), 100, done -> {})) {
                assertEquals(Digest.of(content), file.digest());
                assertFalse(store.hasBlob(file.digest()));
                store.addBlob(file);
            }
            assertEquals("content", new String(store.readBlob(Digest.of(content), 100)));
            assertEquals(0, staged());

            store.retainOnly(Set.of(), Set.of());
            assertFalse(store.hasBlob(Digest.of(content)));
        }
    }

    @Test
    void a_stream_that_fails_or_is_too_long_leaves_nothing() throws Exception {
        try (DataDirectory directory = open()) {
            var store = new ContentStore(directory);
            assertThrows(
                    StorageException.Invalid.class,
                    () -> store.stage(new ByteArrayInputStream(new byte[101]), 100, done -> {}));
            var failing = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("reset");
                }
            };
            assertThrows(IOException.class, () -> store.stage(failing, 100, done -> {}));
            assertEquals(0, staged());
        }
    }

    @Test
    void damaged_content_is_found_out() throws Exception {
        try (DataDirectory directory = open()) {
            var store = new ContentStore(directory);
            byte[] content = "content".getBytes();
            try (StagedFile file = store.stage(new ByteArrayInputStream(content), 100, done -> {})) {
                store.addBlob(file);
            }
            Digest digest = Digest.of(content);
            Files.write(temporary.resolve("data/blobs/sha256").resolve(digest.hex()), "CONTENT".getBytes());

            assertThrows(StorageException.Corrupt.class, () -> store.readBlob(digest, 100));
            assertThrows(StorageException.Corrupt.class, () -> store.readBlob(Digest.of(new byte[1]), 100));
        }
    }

    @Test
    void container_directories_come_and_go_and_cannot_be_elsewhere() throws Exception {
        try (DataDirectory directory = open()) {
            String id = "c".repeat(64);
            Path made = directory.makeContainerDirectory(id);
            Files.write(made.resolve("log"), new byte[1]);
            directory.deleteContainerDirectory(id);
            directory.deleteContainerDirectory(id);

            assertFalse(Files.exists(made));
            assertThrows(IllegalArgumentException.class, () -> directory.containerDirectory("../../etc"));
        }
    }
}
