package dev.picket.sentry.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameAllocatorTest {
    private static final long PAGE = 4096;

    private final FakePlatform platform = new FakePlatform();
    private final FrameAllocator frames = new FrameAllocator(platform.memory());

    @AfterEach
    void close() {
        platform.close();
    }

    @Test
    void ranges_are_sparse_and_come_back_empty() throws Exception {
        long huge = frames.allocate(1L << 39);
        assertEquals(0, frames.residentBytes());
        NativeMemory.putLong(platform.memory().address(huge), 1);
        assertEquals(PAGE, frames.residentBytes());
        frames.release(huge, 1L << 39);
        assertEquals(0, frames.residentBytes());
        assertEquals(0, frames.usedBytes());
        long again = frames.allocate(1L << 39);
        assertEquals(0, NativeMemory.getLong(platform.memory().address(again)));
    }

    @Test
    void the_last_reference_frees_each_page_for_itself() throws Exception {
        long offset = frames.allocate(4 * PAGE);
        for (int i = 0; i < 4; i++) {
            NativeMemory.putLong(platform.memory().address(offset + i * PAGE), i);
        }
        frames.retain(offset + PAGE, 2 * PAGE);
        frames.release(offset, 4 * PAGE);
        assertEquals(2 * PAGE, frames.usedBytes());
        assertEquals(2 * PAGE, frames.residentBytes());
        assertEquals(2, NativeMemory.getLong(platform.memory().address(offset + 2 * PAGE)));
        assertTrue(frames.allocateAt(offset, PAGE));
        assertFalse(frames.allocateAt(offset, 2 * PAGE));
        frames.release(offset, 3 * PAGE);
        assertEquals(0, frames.usedBytes());
    }

    @Test
    void what_is_not_in_use_cannot_be_retained_or_released() throws Exception {
        long offset = frames.allocate(PAGE);
        assertThrows(IllegalStateException.class, () -> frames.retain(offset - PAGE, 2 * PAGE));
        frames.release(offset, PAGE);
        assertThrows(IllegalStateException.class, () -> frames.release(offset, PAGE));
    }

    @Test
    void too_much_is_refused() {
        for (long length : new long[] {0, -PAGE, 1L << 41, Long.MAX_VALUE & -PAGE}) {
            var e = assertThrows(ErrnoException.class, () -> frames.allocate(length));
            assertEquals(Errno.ENOMEM, e.errno());
        }
    }

    @Test
    void long_ranges_suit_huge_pages() throws Exception {
        long address = 0x7000_1234_5000L;
        long offset = frames.allocate(4L << 20, address);
        assertEquals(address & (2 << 20) - 1, offset & (2 << 20) - 1);
    }

    @Test
    void counts_agree_with_an_array_of_counts() throws Exception {
        var random = new Random(7);
        int[] counts = new int[200];
        long base = frames.allocate(counts.length * PAGE);
        java.util.Arrays.fill(counts, 1);
        for (int step = 0; step < 5_000; step++) {
            int from = random.nextInt(counts.length);
            int to = from + 1 + random.nextInt(counts.length - from);
            boolean inUse = true;
            boolean free = true;
            for (int i = from; i < to; i++) {
                inUse &= counts[i] > 0;
                free &= counts[i] == 0;
            }
            int change = 0;
            if (inUse) {
                change = random.nextBoolean() ? 1 : -1;
                if (change > 0) {
                    frames.retain(base + from * PAGE, (to - from) * PAGE);
                } else {
                    frames.release(base + from * PAGE, (to - from) * PAGE);
                }
            } else if (free) {
                assertTrue(frames.allocateAt(base + from * PAGE, (to - from) * PAGE));
                change = 1;
            }
            long used = 0;
            for (int i = 0; i < counts.length; i++) {
                counts[i] += i >= from && i < to ? change : 0;
                used += counts[i] > 0 ? PAGE : 0;
                if (counts[i] > 0) {
                    assertEquals(counts[i], frames.references(base + i * PAGE, new long[2]));
                }
            }
            assertEquals(used, frames.usedBytes());
        }
    }
}
