package dev.picket.sentry.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.ImageFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MemoryManagerTest {
    private static final long PAGE = 4096;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private final FakePlatform platform = new FakePlatform();
    private final FrameAllocator frames = new FrameAllocator(platform.memory());
    private MemoryManager memory;
    private FakeGuest guest;

    @BeforeEach
    void setUp() {
        memory = new MemoryManager(platform, frames);
        guest = new FakeGuest(memory);
    }

    @AfterEach
    void nothing_is_left_behind() {
        memory.release();
        assertEquals(0, frames.usedBytes());
        assertEquals(0, frames.residentBytes());
        platform.close();
    }

    @Test
    void first_touches_of_private_memory_never_fault() throws Exception {
        long address = memory.map(MapRequest.anonymous(10 * MIB, RW));
        for (long done = 0; done < 10 * MIB; done += PAGE) {
            guest.write(address + done, done);
        }
        assertEquals(0, guest.faults);
        assertEquals(1, ((FakeAddressSpace) memory.addressSpace()).calls);
        assertEquals(10 * MIB, frames.residentBytes());
    }

    @Test
    void memory_mapped_piece_by_piece_is_one_mapping_of_the_host() throws Exception {
        for (int i = 0; i < 50; i++) {
            memory.map(MapRequest.anonymous(3 * PAGE, RW));
        }
        assertEquals(1, memory.mappings.vmas.size());
        assertEquals(1, memory.pages.segments.size());
    }

    @Test
    void the_heap_grows_and_shrinks_as_one_mapping() throws Exception {
        memory.setBrkStart(0x5555_0000_0000L);
        assertEquals(0x5555_0000_0000L, memory.brk(0));
        long end = 0x5555_0000_0000L;
        for (int i = 0; i < 100; i++) {
            end += 33_000;
            assertEquals(end, memory.brk(end));
            memory.map(MapRequest.anonymous(PAGE, RW)); // something in between that takes file space
        }
        assertEquals(1, memory.mappings.vmas.get(0).start == 0x5555_0000_0000L ? 1 : 0);
        assertEquals(2, memory.pages.segments.size());
        guest.write(end - 8 & -8, 1);
        assertEquals(end - MIB, memory.brk(end - MIB));
        assertEquals(FaultOutcome.SEGV_MAPERR, memory.handleFault(end - 8, Access.READ));
        assertEquals(end, memory.brk(end));
        assertEquals(0, guest.read(end - 8 & -8), "memory that comes back is empty");
        assertEquals(2, memory.pages.segments.size());
        assertEquals(end, memory.brk(12), "an end below the start is refused");
    }

    @Test
    void the_data_limit_stops_the_heap_and_the_address_space_limit_stops_mmap() throws Exception {
        memory.setLimits(new MemoryLimits() {
            @Override
            public long dataBytes() {
                return MIB;
            }

            @Override
            public long addressSpaceBytes() {
                return 2 * MIB;
            }
        });
        memory.setBrkStart(0x5555_0000_0000L);
        assertEquals(0x5555_0000_0000L, memory.brk(0x5555_0000_0000L + MIB + 1));
        assertEquals(0x5555_0008_0000L, memory.brk(0x5555_0008_0000L));
        assertErrno(Errno.ENOMEM, () -> memory.map(MapRequest.anonymous(MIB, RW)));
        memory.map(MapRequest.anonymous(MIB, Mman.PROT_READ));
        assertErrno(Errno.ENOMEM, () -> memory.map(MapRequest.anonymous(MIB, Mman.PROT_READ)));
    }

    @Test
    void mmap_refuses_what_linux_refuses() throws Exception {
        assertErrno(Errno.EINVAL, () -> memory.map(MapRequest.anonymous(0, RW)));
        assertErrno(Errno.ENOMEM, () -> memory.map(MapRequest.anonymous(-1, RW)));
        assertErrno(Errno.ENOMEM, () -> memory.map(MapRequest.anonymous(1L << 48, RW)));
        assertErrno(Errno.EINVAL, () -> memory.map(MapRequest.anonymousAt(0x10_0001, PAGE, RW)));
        assertErrno(Errno.EPERM, () -> memory.map(MapRequest.anonymousAt(0, PAGE, RW)));
        assertErrno(Errno.ENOMEM, () -> memory.map(MapRequest.anonymousAt(-PAGE, PAGE, RW)));
        assertErrno(Errno.ENOMEM, () -> memory.map(MapRequest.anonymousAt(FakePlatform.LIMIT, PAGE, RW)));
        assertErrno(
                Errno.ENOMEM, () -> memory.map(MapRequest.anonymous(PAGE, RW).with(Mman.MAP_HUGETLB)));
        long address = memory.map(MapRequest.anonymous(PAGE, RW));
        var again = new MapRequest(address, PAGE, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED_NOREPLACE, null, 0, 7, null);
        assertErrno(Errno.EEXIST, () -> memory.map(again));
        assertErrno(Errno.EINVAL, () -> memory.unmap(address + 1, PAGE));
        assertErrno(Errno.EINVAL, () -> memory.unmap(address, 0));
        assertErrno(Errno.EINVAL, () -> memory.unmap(address, -PAGE));
        assertErrno(Errno.ENOMEM, () -> memory.protect(address, -PAGE, RW));
        assertErrno(Errno.EINVAL, () -> memory.protect(address, PAGE, 64));
    }

    @Test
    void hints_and_low_addresses_are_followed() throws Exception {
        var hinted = new MapRequest(0x7000_0000_0123L, PAGE, RW, Mman.MAP_PRIVATE, null, 0, 7, null);
        assertEquals(0x7000_0000_1000L, memory.map(hinted));
        assertNotEquals(0x7000_0000_1000L, memory.map(hinted), "a place that is taken is not taken again");
        long low = memory.map(MapRequest.anonymous(PAGE, RW).with(Mman.MAP_32BIT));
        assertTrue(low >= 0x4000_0000L && low < 0x8000_0000L);
    }

    @Test
    void terabytes_may_be_reserved_and_touched_here_and_there() throws Exception {
        long reserved = memory.map(MapRequest.anonymous(40L << 40, Mman.PROT_NONE));
        long shadow = memory.map(MapRequest.anonymous(20L << 40, RW).with(Mman.MAP_NORESERVE));
        for (long done = 0; done < 20L << 40; done += 3L << 40) {
            guest.write(shadow + done, done);
            memory.putLong(shadow + done + PAGE, done + 1);
        }
        for (long done = 0; done < 20L << 40; done += 3L << 40) {
            assertEquals(done, guest.read(shadow + done));
            assertEquals(done + 1, guest.read(shadow + done + PAGE));
        }
        memory.protect(reserved + GIB, MIB, RW);
        guest.write(reserved + GIB, 1);
        assertEquals(FaultOutcome.SEGV_ACCERR, memory.handleFault(reserved, Access.READ));
    }

    @Test
    void a_reservation_that_is_used_up_from_the_start_stays_together() throws Exception {
        long arena = memory.map(MapRequest.anonymous(64 * MIB, Mman.PROT_NONE));
        for (int i = 0; i < 64; i++) {
            memory.protect(arena, (i + 1) * PAGE, RW);
            guest.write(arena + i * PAGE, i);
        }
        assertEquals(1, memory.pages.segments.size());
        assertEquals(0, guest.faults);
    }

    @Test
    void a_reservation_that_is_mapped_over_piece_by_piece_stays_together() throws Exception {
        long heap = memory.map(MapRequest.anonymous(GIB, Mman.PROT_NONE));
        for (int i = 0; i < 64; i++) {
            memory.map(MapRequest.anonymousAt(heap + i * MIB, MIB, RW));
            guest.write(heap + i * MIB, i);
        }
        assertEquals(1, memory.pages.segments.size());
        assertEquals(2, memory.mappings.vmas.size());
    }

    @Test
    void forking_500_times_leaves_nothing_behind() throws Exception {
        long address = memory.map(MapRequest.anonymous(MIB, RW));
        fill(guest, address, 64);
        long before = frames.usedBytes();
        for (int i = 0; i < 500; i++) {
            MemoryManager child = memory.fork();
            new FakeGuest(child).write(address + i % 64 * PAGE, -1);
            guest.write(address + i % 7 * PAGE, i);
            child.release();
        }
        long last = memory.map(MapRequest.anonymous(MIB, RW));
        memory.unmap(last, MIB);
        assertEquals(64 * PAGE, frames.residentBytes());
        assertTrue(frames.usedBytes() <= 3 * before, "file space in use: " + frames.usedBytes());
        Consistency.check(memory);
    }

    @Test
    void when_the_child_is_gone_one_fault_makes_all_of_it_writable_again() throws Exception {
        long address = memory.map(MapRequest.anonymous(4 * MIB, RW));
        fill(guest, address, 1024);
        memory.fork().release();
        fill(guest, address, 1024);
        assertEquals(1, guest.faults);
        assertEquals(4 * MIB, frames.residentBytes());
    }

    @Test
    void a_child_that_writes_in_order_copies_in_growing_steps_that_merge() throws Exception {
        long address = memory.map(MapRequest.anonymous(4 * MIB, RW));
        fill(guest, address, 1024);
        MemoryManager child = memory.fork();
        var childGuest = new FakeGuest(child);
        fill(childGuest, address, 1024);
        assertTrue(childGuest.faults < 80, "faults: " + childGuest.faults);
        assertEquals(1, child.pages.segments.size());
        assertEquals(7, guest.read(address + 7 * PAGE));
        child.release();
    }

    @Test
    void forking_takes_one_protect_call_for_neighbouring_memory() throws Exception {
        for (int i = 0; i < 100; i++) {
            memory.map(MapRequest.anonymous(PAGE, RW));
        }
        var space = (FakeAddressSpace) memory.addressSpace();
        int before = space.calls;
        memory.fork().release();
        assertEquals(before + 1, space.calls);
    }

    @Test
    void a_fork_does_not_copy_holes() throws Exception {
        long address = memory.map(MapRequest.anonymous(64 * MIB, RW));
        MemoryManager child = memory.fork();
        new FakeGuest(child).write(address, 1);
        assertEquals(PAGE, frames.residentBytes());
        child.release();
    }

    @Test
    void memory_can_be_wiped_or_left_out_on_fork() throws Exception {
        long wiped = memory.map(MapRequest.anonymous(PAGE, RW));
        long leftOut = memory.map(MapRequest.anonymous(PAGE, RW));
        guest.write(wiped, 1);
        guest.write(leftOut, 2);
        memory.advise(wiped, PAGE, Mman.MADV_WIPEONFORK);
        memory.advise(leftOut, PAGE, Mman.MADV_DONTFORK);
        MemoryManager child = memory.fork();
        assertEquals(0, child.getLong(wiped));
        assertErrno(Errno.EFAULT, () -> child.getLong(leftOut));
        assertEquals(1, guest.read(wiped));
        Consistency.check(child);
        child.release();
    }

    @Test
    void shared_memory_stays_shared_and_its_futexes_meet() throws Exception {
        int shared = Mman.MAP_SHARED | Mman.MAP_ANONYMOUS;
        long address = memory.map(new MapRequest(0, 4 * PAGE, RW, shared, null, 0, 7, null));
        long own = memory.map(MapRequest.anonymous(PAGE, RW));
        MemoryManager child = memory.fork();
        new FakeGuest(child).write(address + PAGE, 42);
        assertEquals(42, guest.read(address + PAGE));
        assertEquals(memory.futexKey(address + 8, true), child.futexKey(address + 8, true));
        assertNotEquals(memory.futexKey(address + 8, true), child.futexKey(address + 12, true));
        assertNotEquals(memory.futexKey(own, true), child.futexKey(own, true));
        assertNotEquals(memory.futexKey(address, false), child.futexKey(address, false));
        assertErrno(Errno.EFAULT, () -> memory.futexKey(0x1000_0000, true));
        child.release();
    }

    @Test
    void the_stack_grows_to_its_limit_and_keeps_its_distance() throws Exception {
        long top = 0x7000_0000_0000L;
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_GROWSDOWN | Mman.MAP_FIXED;
        memory.map(new MapRequest(top - 16 * PAGE, 16 * PAGE, RW, flags, null, 0, 7, "[stack]"));
        for (long address = top - 8; address > top - 6 * MIB; address -= PAGE) {
            guest.write(address, 1);
        }
        assertTrue(guest.faults < 20, "faults: " + guest.faults);
        assertEquals(1, memory.pages.segments.size());
        guest.write(top - 8 * MIB, 1);
        assertEquals(FaultOutcome.SEGV_MAPERR, memory.handleFault(top - 8 * MIB - 8, Access.WRITE));
        assertEquals(8 * MIB, memory.stackBytes());
    }

    @Test
    void the_stack_stops_a_mebibyte_above_what_lies_below() throws Exception {
        long top = 0x7000_0000_0000L;
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_GROWSDOWN | Mman.MAP_FIXED;
        memory.map(new MapRequest(top - 16 * PAGE, 16 * PAGE, RW, flags, null, 0, 7, "[stack]"));
        memory.map(MapRequest.anonymousAt(top - 3 * MIB, MIB, RW));
        guest.write(top - MIB, 1);
        assertThrows(FakeGuest.Signal.class, () -> guest.write(top - MIB - 8, 1));
        assertNotEquals(top - 2 * MIB, memory.map(MapRequest.anonymous(MIB - PAGE, RW)), "mmap keeps out of the gap");
    }

    @Test
    void a_write_that_is_not_allowed_ends_although_the_platform_cannot_tell_what_it_was() throws Exception {
        long address = memory.map(MapRequest.anonymous(PAGE, Mman.PROT_READ));
        assertEquals(FaultOutcome.SEGV_ACCERR, outcome(() -> guest.writeBlindly(address, 1)));
        assertEquals(FaultOutcome.SEGV_ACCERR, outcome(() -> guest.writeBlindly(address, 1)));
        assertEquals(FaultOutcome.SEGV_ACCERR, memory.handleFault(address, Access.EXECUTE));
        assertEquals(0, guest.readBlindly(address));
    }

    @Test
    void memory_given_back_is_zero_at_the_next_touch() throws Exception {
        long address = memory.map(MapRequest.anonymous(16 * PAGE, RW));
        fill(guest, address, 16);
        memory.advise(address + 4 * PAGE, 4 * PAGE, Mman.MADV_DONTNEED);
        assertEquals(12 * PAGE, frames.residentBytes());
        assertEquals(0, guest.read(address + 5 * PAGE));
        assertEquals(3, guest.read(address + 3 * PAGE));
        assertEquals(0, guest.faults);
        assertErrno(Errno.EINVAL, () -> memory.advise(address, PAGE, 77));
        assertErrno(Errno.EINVAL, () -> memory.advise(address + 1, PAGE, Mman.MADV_DONTNEED));
        assertErrno(Errno.EINVAL, () -> memory.advise(address, -PAGE, Mman.MADV_DONTNEED));
        assertErrno(Errno.ENOMEM, () -> memory.advise(address, GIB, Mman.MADV_WILLNEED));
        assertErrno(Errno.ENOMEM, () -> memory.advise(address, GIB, Mman.MADV_DONTNEED));
        assertEquals(0, guest.read(address + 3 * PAGE), "madvise goes on in spite of holes");
    }

    @Test
    void a_private_file_is_read_in_place_and_copied_when_written() throws Exception {
        try (var image = image(8 * PAGE)) {
            var file = new FakeFile(image, 0, 8 * PAGE - 100);
            long address = memory.map(MapRequest.privateFile(file, PAGE, 8 * PAGE, RW));
            assertEquals(1, guest.read(address));
            assertEquals(0, frames.residentBytes());
            guest.write(address + PAGE, 99);
            memory.putLong(address + 4 * PAGE, 98);
            assertEquals(99, memory.getLong(address + PAGE));
            assertEquals(98, guest.read(address + 4 * PAGE));
            assertEquals(2 * PAGE, frames.residentBytes());
            assertEquals(FaultOutcome.BUS_ADRERR, outcome(() -> guest.read(address + 7 * PAGE)));
            assertErrno(Errno.EFAULT, () -> memory.getLong(address + 7 * PAGE));
            memory.advise(address, 8 * PAGE, Mman.MADV_DONTNEED);
            assertEquals(2, guest.read(address + PAGE), "the file's own contents are back");
            assertEquals(0, frames.residentBytes());
            memory.unmap(address, 8 * PAGE);
            assertEquals(0, file.references);
        }
    }

    @Test
    void a_file_that_somebody_cuts_short_does_not_harm_the_sentry() throws Exception {
        int descriptor = Host.memfdCreate("file", Mman.MFD_CLOEXEC);
        Host.ftruncate(descriptor, 4 * PAGE);
        try (var host = ImageFile.unmapped(descriptor)) {
            writeTo(descriptor, 0, 11);
            writeTo(descriptor, 2 * PAGE, 13);
            var file = new FakeFile(host, 0, 4 * PAGE);
            long address = memory.map(MapRequest.privateFile(file, 0, 4 * PAGE, RW));
            assertEquals(11, memory.getLong(address));
            Host.ftruncate(descriptor, PAGE + 10);
            assertErrno(Errno.EFAULT, () -> memory.getLong(address + 2 * PAGE));
            assertEquals(0, memory.getLong(address + PAGE + 16), "the rest of the last page is zeros");
            memory.putLong(address + 2 * PAGE, 5);
            assertEquals(5, memory.getLong(address + 2 * PAGE));
            memory.unmap(address, 4 * PAGE);
        }
    }

    @Test
    void a_shared_mapping_of_a_file_opened_for_reading_cannot_become_writable() throws Exception {
        try (var image = image(PAGE)) {
            var file = new FakeFile(image, 0, PAGE);
            var request = new MapRequest(
                    0, PAGE, Mman.PROT_READ, Mman.MAP_SHARED, file, 0, Mman.PROT_READ | Mman.PROT_EXEC, null);
            long address = memory.map(request);
            assertErrno(Errno.EACCES, () -> memory.protect(address, PAGE, RW));
            assertErrno(Errno.EFAULT, () -> memory.putByte(address, (byte) 1));
            memory.unmap(address, PAGE);
        }
    }

    @Test
    void copies_stop_at_the_first_byte_that_cannot_be_accessed() throws Exception {
        long address = memory.map(MapRequest.anonymous(3 * PAGE, RW));
        memory.unmap(address + PAGE, PAGE);
        byte[] bytes = new byte[2 * (int) PAGE];
        assertEquals(100, memory.buffer(address + PAGE - 100, PAGE).copyOut(bytes, 0, (int) PAGE));
        assertErrno(Errno.EFAULT, () -> memory.buffer(address + PAGE, PAGE).copyIn(bytes, 0, 1));
        assertErrno(Errno.EFAULT, () -> memory.copyIn(address + PAGE - 1, bytes, 0, 2));
        assertErrno(Errno.EFAULT, () -> memory.buffer(-PAGE, 10));
        assertErrno(Errno.EFAULT, () -> memory.getLong(Long.MIN_VALUE));
        assertErrno(Errno.EFAULT, () -> memory.getLong(-4));
        memory.protect(address, PAGE, Mman.PROT_READ);
        assertErrno(Errno.EFAULT, () -> memory.putLong(address, 1));
        memory.protect(address, PAGE, Mman.PROT_NONE);
        assertErrno(Errno.EFAULT, () -> memory.getLong(address));
    }

    @Test
    void values_may_straddle_pages_that_are_apart() throws Exception {
        long address = memory.map(MapRequest.anonymous(2 * PAGE, RW));
        MemoryManager child = memory.fork();
        child.putByte(address, (byte) 1); // copies the first page only
        child.putLong(address + PAGE - 3, 0x1122334455667788L);
        assertEquals(0x1122334455667788L, child.getLong(address + PAGE - 3));
        assertEquals(0, memory.getLong(address + PAGE - 3));
        child.release();
    }

    @Test
    void strings_end_at_their_nul_or_are_refused() throws Exception {
        long address = memory.map(MapRequest.anonymous(2 * PAGE, RW));
        memory.unmap(address + PAGE, PAGE);
        byte[] text = "h\u00e9llo\0".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        memory.copyOut(address + PAGE - text.length, text, 0, text.length);
        assertEquals("h\u00e9llo", memory.copyInString(address + PAGE - text.length, 4096));
        assertErrno(Errno.ENAMETOOLONG, () -> memory.copyInString(address + PAGE - text.length, 5));
        memory.putByte(address + PAGE - 1, (byte) 'x');
        assertErrno(Errno.EFAULT, () -> memory.copyInString(address + PAGE - 3, 4096));
    }

    @Test
    void vectors_are_fetched_once_and_used_from_the_front() throws Exception {
        long address = memory.map(MapRequest.anonymous(PAGE, RW));
        long vector = address + 2048;
        long[] values = {address, 10, address + 100, 0, address + 200, 10};
        for (int i = 0; i < values.length; i++) {
            memory.putLong(vector + i * 8L, values[i]);
        }
        GuestBuffer buffer = memory.buffers(vector, 3);
        memory.putLong(vector, 1); // too late
        byte[] bytes = "abcdefghijklmnopqrstuvwxyz".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        assertEquals(20, buffer.copyOut(bytes, 0, 26));
        assertEquals('j', memory.getByte(address + 9));
        assertEquals('k', memory.getByte(address + 200));
        assertEquals(0, buffer.remaining());
        buffer.rewind(12);
        assertEquals(12, buffer.remaining());
        byte[] back = new byte[12];
        assertEquals(12, buffer.copyIn(back, 0, 12));
        assertEquals("ijklmnopqrst", new String(back, java.nio.charset.StandardCharsets.ISO_8859_1));
        memory.putLong(vector + 8, -1);
        assertErrno(Errno.EINVAL, () -> memory.buffers(vector, 1));
        assertErrno(Errno.EINVAL, () -> memory.buffers(vector, 1025));
        assertErrno(Errno.EINVAL, () -> memory.buffers(vector, -1));
    }

    @Test
    void futex_words_must_be_aligned_and_are_copied_before_they_change() throws Exception {
        long address = memory.map(MapRequest.anonymous(PAGE, RW));
        MemoryManager child = memory.fork();
        assertErrno(Errno.EINVAL, () -> memory.loadInt(address + 2));
        assertTrue(child.compareAndSetInt(address, 0, 5));
        assertFalse(child.compareAndSetInt(address, 0, 6));
        assertEquals(5, child.loadInt(address));
        assertEquals(0, memory.loadInt(address));
        child.release();
    }

    @Test
    void remapping_grows_moves_and_shrinks_with_its_contents() throws Exception {
        long address = memory.map(MapRequest.anonymous(4 * PAGE, RW));
        fill(guest, address, 4);
        assertErrno(Errno.ENOMEM, () -> {
            memory.map(MapRequest.anonymousAt(address + 4 * PAGE, PAGE, Mman.PROT_READ));
            memory.remap(address, 4 * PAGE, 8 * PAGE, 0, 0);
        });
        long moved = memory.remap(address, 4 * PAGE, 100 * PAGE, Mman.MREMAP_MAYMOVE, 0);
        assertNotEquals(address, moved);
        for (int i = 0; i < 4; i++) {
            assertEquals(i, guest.read(moved + i * PAGE));
        }
        assertEquals(0, guest.read(moved + 99 * PAGE));
        assertErrno(Errno.EFAULT, () -> memory.getLong(address));
        assertEquals(moved, memory.remap(moved, 100 * PAGE, 2 * PAGE, 0, 0));
        assertErrno(Errno.EFAULT, () -> memory.getLong(moved + 2 * PAGE));
        assertErrno(Errno.EINVAL, () -> memory.remap(moved, 0, PAGE, Mman.MREMAP_MAYMOVE, 0));
        assertErrno(Errno.EINVAL, () -> memory.remap(moved, PAGE, PAGE, Mman.MREMAP_FIXED, 0));
        assertErrno(Errno.EINVAL, () -> memory.remap(moved, PAGE, 0, Mman.MREMAP_MAYMOVE, 0));
        assertErrno(Errno.ENOMEM, () -> memory.remap(moved, PAGE, -PAGE * 2, Mman.MREMAP_MAYMOVE, 0));
        Consistency.check(memory);
    }

    @Test
    void there_are_at_most_65530_mappings() throws Exception {
        long base = 0x1000_0000_0000L;
        int made = 0;
        try {
            for (; made < 70_000; made++) {
                memory.map(MapRequest.anonymousAt(base + made * 2 * PAGE, PAGE, Mman.PROT_NONE));
            }
        } catch (ErrnoException e) {
            assertEquals(Errno.ENOMEM, e.errno());
        }
        assertTrue(made > 65_000 && made <= 65_530, "made " + made);
        memory.unmap(base, 2 * PAGE);
    }

    @Test
    void residency_and_locking_are_told() throws Exception {
        long address = memory.map(MapRequest.anonymous(4 * PAGE, RW));
        guest.write(address + PAGE, 1);
        byte[] residency = new byte[4];
        memory.residency(address, residency, 4);
        assertEquals("[0, 1, 0, 0]", java.util.Arrays.toString(residency));
        assertEquals(PAGE, memory.residentBytes());
        memory.lock(address, 2 * PAGE, true);
        assertEquals(2 * PAGE, memory.lockedBytes());
        assertErrno(Errno.EINVAL, () -> memory.advise(address, PAGE, Mman.MADV_DONTNEED));
        assertErrno(Errno.EBUSY, () -> memory.sync(address, PAGE, Mman.MS_INVALIDATE));
        memory.lock(address, 4 * PAGE, false);
        assertEquals(0, memory.lockedBytes());
        assertErrno(Errno.ENOMEM, () -> memory.residency(address, new byte[9], 9));
    }

    @Test
    void mappings_are_shown_in_order_with_their_names() throws Exception {
        memory.setBrkStart(0x5555_0000_0000L);
        memory.brk(0x5555_0000_2000L);
        memory.map(MapRequest.anonymousAt(0x6000_0000_0000L, PAGE, Mman.PROT_READ | Mman.PROT_EXEC)
                .named("[vdso]"));
        var shown = new ArrayList<String>();
        memory.forEachMapping(
                mapping -> shown.add(Long.toHexString(mapping.start()) + " " + mapping.prot() + " " + mapping.name()));
        assertEquals("[555500000000 3 [heap], 600000000000 5 [vdso]]", shown.toString());
        assertEquals(3 * PAGE, memory.virtualBytes());
    }

    @Test
    void threads_may_copy_while_others_fork_and_map() throws Exception {
        long address = memory.map(MapRequest.anonymous(64 * PAGE, RW));
        var failure = new AtomicReference<Throwable>();
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 3; t++) {
            long mine = address + t * 16 * PAGE;
            var thread = new Thread(() -> {
                try {
                    for (int i = 0; i < 3_000; i++) {
                        memory.putLong(mine + i % 16 * PAGE, i);
                        assertEquals(i, memory.getLong(mine + i % 16 * PAGE));
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (int i = 0; i < 100; i++) {
            MemoryManager child = memory.fork();
            child.putLong(address, i);
            long other = memory.map(MapRequest.anonymous(16 * PAGE, RW));
            memory.putLong(other, 1);
            memory.unmap(other, 16 * PAGE);
            child.release();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(null, failure.get());
        Consistency.check(memory);
    }

    private static void fill(FakeGuest guest, long address, int pages) {
        for (int i = 0; i < pages; i++) {
            guest.write(address + i * PAGE, i);
        }
    }

    /** A read-only file mapped into this process, whose page i begins with the number i. */
    private static ImageFile image(long length) {
        int descriptor = Host.memfdCreate("image", Mman.MFD_CLOEXEC);
        Host.ftruncate(descriptor, length);
        for (long page = 0; page < length; page += PAGE) {
            writeTo(descriptor, page, page / PAGE);
        }
        return ImageFile.mapped(descriptor);
    }

    private static void writeTo(int descriptor, long offset, long value) {
        long buffer = NativeMemory.allocate(8);
        NativeMemory.putLong(buffer, value);
        assertEquals(8, Host.pwrite(descriptor, buffer, 8, offset));
        NativeMemory.free(buffer);
    }

    private static FaultOutcome outcome(Runnable access) {
        return assertThrows(FakeGuest.Signal.class, access::run).outcome;
    }

    private interface Call {
        void run() throws ErrnoException;
    }

    private static void assertErrno(int errno, Call call) {
        assertEquals(errno, assertThrows(ErrnoException.class, call::run).errno());
    }
}
