package dev.picket.sentry.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What must always be true of an address space. */
final class Consistency {
    private Consistency() {}

    static void check(MemoryManager memory) {
        var space = (FakeAddressSpace) memory.addressSpace();
        var frames = memory.frames();
        long mapped = 0;
        long lastEnd = 0;
        for (int i = 0; i < memory.pages.segments.size(); i++) {
            Segment segment = memory.pages.segments.get(i);
            assertTrue(segment.start >= lastEnd && segment.end > segment.start, "segments are in order");
            lastEnd = segment.end;
            for (long page = segment.start; page < segment.end; page += 4096) {
                var host = space.at(page);
                assertTrue(host != null, "a segment is mapped on the host");
                assertEquals(segment.file, host.file());
                assertEquals(page + segment.delta, host.offset());
                assertEquals(segment.access(), host.access());
                Vma vma = memory.mappings.find(page);
                assertTrue(vma != null, "a segment lies in a mapping");
                assertEquals(vma.prot, segment.prot);
                if (segment.counted) {
                    boolean inMirror = vma.hasMirror && vma.mirrorDelta == segment.delta;
                    int references = frames.references(page + segment.delta, new long[2]);
                    assertTrue(references >= (inMirror ? 2 : 1), "frames in use are counted");
                    assertTrue(
                            segment.copyOnWrite || references == (inMirror ? 2 : 1),
                            "only copy-on-write frames have other users");
                }
                mapped += 4096;
            }
        }
        assertEquals(mapped, space.mappedBytes(), "the host maps nothing else");
        long bytes = 0;
        lastEnd = 0;
        for (int i = 0; i < memory.mappings.vmas.size(); i++) {
            Vma vma = memory.mappings.vmas.get(i);
            assertTrue(vma.start >= lastEnd && vma.end > vma.start, "mappings are in order");
            lastEnd = vma.end;
            bytes += vma.length();
            if (vma.hasMirror) {
                for (long page = vma.start; page < vma.end; page += 4096) {
                    frames.references(page + vma.mirrorDelta, new long[2]);
                    var segment = memory.pages.find(page);
                    if (segment == null || segment.delta != vma.mirrorDelta || !segment.counted) {
                        assertEquals(
                                0,
                                frames.residentBytes(page + vma.mirrorDelta, 4096, 1),
                                "what is not mapped of a mirror was never written");
                    }
                }
            }
        }
        assertEquals(bytes, memory.virtualBytes());
    }
}
