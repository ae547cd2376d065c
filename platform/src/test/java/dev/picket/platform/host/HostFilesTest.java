package dev.picket.platform.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guest memory, image files, and sockets that carry descriptors. */
@Timeout(30)
class HostFilesTest {
    @Test
    void guest_memory_is_sparse_and_a_punched_range_is_zero_and_free() {
        try (var memory = GuestMemoryFile.create()) {
            assertEquals(0, memory.usedBytes());
            long far = GuestMemoryFile.DEFAULT_LENGTH_BYTES - 4096;
            NativeMemory.putLong(memory.address(far), 7);
            assertEquals(0, memory.reserve(1 << 20, 8192));
            assertEquals(3 * 4096, memory.usedBytes());

            assertEquals(0, memory.punch(far, 4096));
            assertEquals(0, NativeMemory.getLong(memory.address(far)));
            assertEquals(3 * 4096, memory.usedBytes(), "reading made a page again");
            assertEquals(0, memory.punch(0, GuestMemoryFile.DEFAULT_LENGTH_BYTES));
            assertEquals(0, memory.usedBytes());
        }
    }

    @Test
    void guest_memory_cannot_be_cut_short_and_is_left_by_no_address() {
        try (var memory = GuestMemoryFile.create(1 << 20)) {
            assertEquals(-Errno.EPERM, Host.ftruncate(memory.descriptor(), 0));
            assertThrows(IndexOutOfBoundsException.class, () -> memory.address(1 << 20));
            assertThrows(IndexOutOfBoundsException.class, () -> memory.address(-1));
        }
    }

    @Test
    void an_image_file_is_read_where_it_is_mapped_and_where_it_is_not() throws Exception {
        var path = Files.createTempFile("image", ".bin");
        try {
            Files.writeString(path, "hello image");
            long buffer = NativeMemory.allocate(64);
            int descriptor = Host.openat(Fcntl.AT_FDCWD, path.toString(), Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0);
            try (var mapped = ImageFile.mapped(descriptor);
                    var unmapped = ImageFile.unmapped(Host.dup(descriptor))) {
                assertEquals('h', NativeMemory.getByte(mapped.address(0)));
                assertEquals(0, NativeMemory.getByte(mapped.address(4095)));
                assertThrows(IndexOutOfBoundsException.class, () -> mapped.address(4096));
                assertThrows(IllegalStateException.class, () -> unmapped.address(0));
                assertEquals(5, unmapped.read(6, buffer, 64));
                assertEquals('i', NativeMemory.getByte(buffer));
                assertEquals(0, unmapped.read(100, buffer, 64));
            }
            Files.writeString(path, "");
            int empty = Host.openat(Fcntl.AT_FDCWD, path.toString(), Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0);
            assertThrows(PlatformException.class, () -> ImageFile.mapped(empty));
            Host.close(empty);
            NativeMemory.free(buffer);
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void a_descriptor_travels_with_bytes() {
        int[] ends = DescriptorSocket.pair(DescriptorSocket.SOCK_STREAM);
        try (var left = new DescriptorSocket(ends[0]);
                var right = new DescriptorSocket(ends[1]);
                var memory = GuestMemoryFile.create(1 << 20)) {
            NativeMemory.putInt(memory.address(0), 0x01020304);
            byte[] message = "take this".getBytes(StandardCharsets.UTF_8);
            assertEquals(message.length, left.send(message, 0, message.length, memory.descriptor(), ends[0]));

            var received = new ArrayList<Integer>();
            byte[] buffer = new byte[100];
            assertEquals(message.length, right.receive(buffer, 0, 100, received));
            assertArrayEquals(message, java.util.Arrays.copyOf(buffer, message.length));
            assertEquals(2, received.size());
            long word = NativeMemory.allocate(8);
            assertEquals(4, Host.pread(received.get(0), word, 4, 0));
            assertEquals(0x01020304, NativeMemory.getInt(word));
            assertEquals(Fcntl.FD_CLOEXEC, Host.fcntl(received.get(0), Fcntl.F_GETFD, 0));
            NativeMemory.free(word);
            received.forEach(Host::close);
        }
    }

    @Test
    void closing_a_socket_wakes_who_receives_from_it() throws Exception {
        int[] ends = DescriptorSocket.pair(DescriptorSocket.SOCK_STREAM);
        var left = new DescriptorSocket(ends[0]);
        try (var right = new DescriptorSocket(ends[1])) {
            var results = new java.util.concurrent.LinkedBlockingQueue<Integer>();
            var thread = new Thread(() -> results.add(left.receive(new byte[1], 0, 1, new ArrayList<>())));
            thread.start();
            Thread.sleep(50);
            left.close();
            assertEquals(0, results.poll(10, TimeUnit.SECONDS));
            assertEquals(-Errno.EBADF, left.receive(new byte[1], 0, 1, new ArrayList<>()));
            assertTrue(right.receive(new byte[1], 0, 1, new ArrayList<>()) <= 0);
        }
    }

    @Test
    void a_failing_call_returns_its_errno() {
        assertEquals(-Errno.EBADF, Host.close(-1));
        assertEquals(-Errno.ENOENT, Host.openat(Fcntl.AT_FDCWD, "/no/such/file", Fcntl.O_RDONLY, 0));
        assertEquals(-Errno.EBADF, Host.read(-1, 0, 0));
        assertEquals(-Errno.EINVAL, Host.mmap(0, 0, 0, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0));
        assertEquals(ProcessHandle.current().pid(), Host.getpid());
    }
}
