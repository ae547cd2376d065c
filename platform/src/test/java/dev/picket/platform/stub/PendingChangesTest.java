package dev.picket.platform.stub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.host.GuestMemoryFile;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random changes, against a model that has one entry per page. */
class PendingChangesTest {
    private static final int PAGES = 40;
    private static final long PAGE = 4096;

    /** What one page of the stub looks like: which page of the file, with which access; offset -1 if nothing. */
    private record Page(long offset, int access) {
        static final Page NOTHING = new Page(-1, 0);
    }

    @Test
    void making_the_pending_changes_gives_what_making_each_at_once_would() {
        try (var file = GuestMemoryFile.create(1 << 20)) {
            for (int seed = 0; seed < 300; seed++) {
                compare(new Random(seed), file, "seed " + seed);
            }
        }
    }

    private static void compare(Random random, MemoryFile file, String message) {
        var expected = new Page[PAGES];
        var stub = new Page[PAGES];
        Arrays.fill(expected, Page.NOTHING);
        Arrays.fill(stub, Page.NOTHING);
        var mapped = new MappedRanges();
        var pending = new PendingChanges();
        for (int step = 0; step < 60; step++) {
            int from = random.nextInt(PAGES);
            int to = from + 1 + random.nextInt(PAGES - from);
            int access = random.nextInt(8);
            switch (random.nextInt(4)) {
                case 0:
                    long offset = random.nextInt(4) * PAGE + from * PAGE; // often continues a neighbour
                    pending.map(from * PAGE, to * PAGE, file, offset, access, false);
                    mapped.add(from * PAGE, to * PAGE);
                    for (int i = from; i < to; i++) {
                        expected[i] = new Page(offset + (i - from) * PAGE, access);
                    }
                    break;
                case 1:
                    mapped.forEach(from * PAGE, to * PAGE, pending::unmap);
                    mapped.remove(from * PAGE, to * PAGE);
                    Arrays.fill(expected, from, to, Page.NOTHING);
                    break;
                case 2:
                    mapped.forEach(from * PAGE, to * PAGE, (a, b) -> pending.protect(a, b, access));
                    for (int i = from; i < to; i++) {
                        if (expected[i].offset >= 0) {
                            expected[i] = new Page(expected[i].offset, access);
                        }
                    }
                    break;
                default:
                    apply(pending, stub, message);
                    assertEquals(Arrays.asList(expected), Arrays.asList(stub), message + " step " + step);
                    break;
            }
            checkMapped(mapped, expected, message);
        }
    }

    private static void apply(PendingChanges pending, Page[] stub, String message) {
        for (var change = pending.poll(); change != null; change = pending.poll()) {
            for (long at = change.start(); at < change.end(); at += PAGE) {
                int page = (int) (at / PAGE);
                switch (change.kind()) {
                    case MAP:
                        stub[page] = new Page(change.offset() + at - change.start(), change.access());
                        break;
                    case UNMAP:
                        stub[page] = Page.NOTHING;
                        break;
                    default:
                        // mprotect(2) stops at a hole, so there must be none.
                        assertTrue(stub[page].offset >= 0, message);
                        stub[page] = new Page(stub[page].offset, change.access());
                        break;
                }
            }
        }
        assertTrue(pending.isEmpty(), message);
    }

    private static void checkMapped(MappedRanges mapped, Page[] expected, String message) {
        var found = new boolean[PAGES];
        mapped.forEach(0, PAGES * PAGE, (from, to) -> {
            for (long at = from; at < to; at += PAGE) {
                found[(int) (at / PAGE)] = true;
            }
        });
        for (int i = 0; i < PAGES; i++) {
            assertEquals(expected[i].offset >= 0, found[i], message + " page " + i);
        }
    }
}
