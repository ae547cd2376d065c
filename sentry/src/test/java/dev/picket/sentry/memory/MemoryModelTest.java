package dev.picket.sentry.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.host.GuestMemoryFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Random operations of several processes, each compared with a model that keeps every page by itself. */
class MemoryModelTest {
    private static final long PAGE = 4096;
    private static final long ARENA = 0x1000_0000L;
    private static final int ARENA_PAGES = 48;
    private static final int FILE_PAGES = 20;
    private static final int PROCESSES = 5;

    /** Contents of a page, which several pages may share. */
    private static final class Cell {
        long value;

        Cell(long value) {
            this.value = value;
        }
    }

    private static final class ModelPage {
        int prot;
        boolean shared;
        /** Page of the file, or -1. */
        int filePage = -1;
        /** Shared contents, or those of the file until they are copied; null beyond the end of the file. */
        Cell cell;

        boolean copied;
        boolean doNotFork;

        ModelPage copy() {
            var copy = new ModelPage();
            copy.prot = prot;
            copy.shared = shared;
            copy.filePage = filePage;
            copy.copied = copied;
            copy.cell = shared || filePage >= 0 && !copied ? cell : new Cell(cell.value);
            return copy;
        }
    }

    private static final class Process {
        final MemoryManager memory;
        final FakeGuest guest;
        final TreeMap<Long, ModelPage> pages = new TreeMap<>();

        Process(MemoryManager memory) {
            this.memory = memory;
            this.guest = new FakeGuest(memory);
        }
    }

    private final FakePlatform platform = new FakePlatform();
    private final FrameAllocator frames = new FrameAllocator(platform.memory());
    private final GuestMemoryFile fileMemory = GuestMemoryFile.create(1 << 20);
    private final FakeFile file = new FakeFile(fileMemory, 0, FILE_PAGES * PAGE);
    private final Cell[] fileCells = new Cell[FILE_PAGES];
    private final List<Process> processes = new ArrayList<>();
    private Random random;
    private String history;

    @Test
    void behaves_like_a_model_that_keeps_every_page_by_itself() throws Exception {
        file.pieceBytes = 7 * PAGE;
        for (long seed = 1; seed <= 60; seed++) {
            run(seed, 700);
        }
        fileMemory.close();
        platform.close();
    }

    private void run(long seed, int steps) throws Exception {
        random = new Random(seed);
        for (int i = 0; i < FILE_PAGES; i++) {
            fileCells[i] = new Cell(1000 + i);
            NativeMemory.putLong(fileMemory.address(i * PAGE), 1000 + i);
        }
        processes.add(new Process(new MemoryManager(platform, frames)));
        for (int step = 0; step < steps; step++) {
            history = "seed " + seed + ", step " + step;
            step();
            for (Process process : processes) {
                Consistency.check(process.memory);
            }
        }
        for (Process process : processes) {
            for (long page = ARENA; page < ARENA + ARENA_PAGES * PAGE; page += PAGE) {
                checkRead(process, page, random.nextBoolean());
            }
            process.memory.release();
        }
        processes.clear();
        assertEquals(0, frames.usedBytes(), history);
        assertEquals(0, frames.residentBytes(), history);
        assertEquals(0, file.references, history);
    }

    private void step() throws Exception {
        Process process = processes.get(random.nextInt(processes.size()));
        int choice = random.nextInt(100);
        if (choice < 12) {
            mapAnonymous(process);
        } else if (choice < 22) {
            mapFile(process);
        } else if (choice < 28) {
            unmap(process);
        } else if (choice < 38) {
            protect(process);
        } else if (choice < 46) {
            remap(process);
        } else if (choice < 52) {
            doNotNeed(process);
        } else if (choice < 55) {
            adviseFork(process);
        } else if (choice < 60) {
            fork(process);
        } else if (choice < 63) {
            exit(process);
        } else if (choice < 80) {
            write(process);
        } else if (choice < 88) {
            copyOut(process);
        } else {
            checkRead(process, page(), random.nextBoolean());
        }
    }

    private long page() {
        return ARENA + random.nextInt(ARENA_PAGES) * PAGE;
    }

    private long length(long from) {
        long rest = (ARENA + ARENA_PAGES * PAGE - from) / PAGE;
        return (1 + random.nextInt((int) Math.min(rest, 12))) * PAGE;
    }

    private int prot() {
        return switch (random.nextInt(6)) {
            case 0 -> Mman.PROT_NONE;
            case 1 -> Mman.PROT_READ;
            case 2 -> Mman.PROT_READ | Mman.PROT_EXEC;
            default -> Mman.PROT_READ | Mman.PROT_WRITE;
        };
    }

    private void mapAnonymous(Process process) throws Exception {
        long address = page();
        long length = length(address);
        int prot = prot();
        boolean shared = random.nextInt(4) == 0;
        int flags = Mman.MAP_ANONYMOUS | Mman.MAP_FIXED | (shared ? Mman.MAP_SHARED : Mman.MAP_PRIVATE);
        assertEquals(address, process.memory.map(new MapRequest(address, length, prot, flags, null, 0, 7, null)));
        for (long page = address; page < address + length; page += PAGE) {
            var model = new ModelPage();
            model.prot = prot;
            model.shared = shared;
            model.cell = new Cell(0);
            process.pages.put(page, model);
        }
    }

    private void mapFile(Process process) throws Exception {
        long address = page();
        long length = length(address);
        int prot = prot();
        boolean shared = random.nextInt(3) == 0;
        int first = random.nextInt(FILE_PAGES);
        int flags = Mman.MAP_FIXED | (shared ? Mman.MAP_SHARED : Mman.MAP_PRIVATE);
        process.memory.map(new MapRequest(address, length, prot, flags, file, first * PAGE, 7, null));
        for (int i = 0; i < length / PAGE; i++) {
            var model = new ModelPage();
            model.prot = prot;
            model.shared = shared;
            model.filePage = first + i;
            model.cell = first + i < FILE_PAGES ? fileCells[first + i] : null;
            process.pages.put(address + i * PAGE, model);
        }
    }

    private void unmap(Process process) throws Exception {
        long address = page();
        long length = length(address);
        process.memory.unmap(address, length);
        process.pages.subMap(address, address + length).clear();
    }

    private void protect(Process process) throws Exception {
        long address = page();
        long length = length(address);
        int prot = prot();
        int errno = errno(() -> process.memory.protect(address, length, prot));
        int expected = 0;
        for (long page = address; page < address + length; page += PAGE) {
            ModelPage model = process.pages.get(page);
            if (model == null) {
                expected = Errno.ENOMEM;
                break;
            }
            model.prot = prot;
        }
        assertEquals(process.pages.containsKey(address) ? expected : Errno.ENOMEM, errno, history);
    }

    /** Moves, grows or shrinks exactly what one mmap may have made; the model follows the answer. */
    private void remap(Process process) throws Exception {
        long address = page();
        ModelPage first = process.pages.get(address);
        long oldLength = length(address);
        long target = page();
        long newLength = length(target);
        boolean fixed = random.nextInt(3) == 0;
        if (!fixed) {
            newLength = length(address);
        }
        boolean keep = fixed && random.nextInt(3) == 0;
        if (keep) {
            newLength = oldLength;
            if (target + newLength > ARENA + ARENA_PAGES * PAGE) {
                return;
            }
        }
        int flags = fixed ? Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED : 0;
        flags |= keep ? Mman.MREMAP_DONTUNMAP : 0;
        if (first != null && first.shared && first.filePage < 0 && newLength > oldLength) {
            return; // what it grows by may be part of the object or beyond its end; the model does not know
        }
        long finalLength = newLength;
        int finalFlags = flags;
        // Neighbouring shared anonymous memory is several objects; the model does not know where one ends.
        Vma vma = process.memory.mappings.find(address);
        long objectEnd = vma != null && vma.isShared() && first.filePage < 0 ? vma.end : Long.MAX_VALUE;
        int errno = errno(() -> process.memory.remap(address, oldLength, finalLength, finalFlags, target));
        if (first == null) {
            assertEquals(Errno.EFAULT, errno, history);
            return;
        }
        boolean overlap = address < target + newLength && target < address + oldLength;
        if (fixed && overlap) {
            assertEquals(Errno.EINVAL, errno, history);
            return;
        }
        if (fixed) {
            process.pages.subMap(target, target + newLength).clear();
        }
        if (oldLength > newLength) {
            process.pages.subMap(address + newLength, address + oldLength).clear();
        }
        long kept = Math.min(oldLength, newLength);
        if (!fixed && oldLength >= newLength) {
            assertEquals(0, errno, history);
            return;
        }
        if (address + kept > objectEnd || !isOneMapping(process, address, kept)) {
            assertEquals(Errno.EFAULT, errno, history);
            return;
        }
        if (errno != 0) {
            // Growing in place needs room behind, and the end of the mapping at the end of the range.
            assertTrue(!fixed && errno == Errno.ENOMEM, history + ": " + errno);
            boolean free = process.pages
                    .subMap(address + oldLength, address + newLength)
                    .isEmpty();
            assertTrue(!free, history + ": there was room to grow");
            return;
        }
        long to = fixed ? target : address;
        if (fixed) {
            for (long done = 0; done < kept; done += PAGE) {
                ModelPage moved = process.pages.remove(address + done);
                process.pages.put(target + done, moved);
                if (keep) {
                    process.pages.put(address + done, fresh(moved));
                }
            }
        }
        ModelPage last = process.pages.get(to + kept - PAGE);
        for (long done = kept; done < newLength; done += PAGE) {
            ModelPage grown = fresh(last);
            if (last.filePage >= 0) {
                grown.filePage = last.filePage + (int) ((done - kept) / PAGE) + 1;
                grown.cell = grown.filePage < FILE_PAGES ? fileCells[grown.filePage] : null;
            }
            process.pages.put(to + done, grown);
        }
    }

    private ModelPage fresh(ModelPage like) {
        var page = new ModelPage();
        page.prot = like.prot;
        page.shared = like.shared;
        page.filePage = like.filePage;
        page.doNotFork = like.doNotFork;
        if (like.shared) {
            page.cell = like.cell;
        } else if (like.filePage >= 0) {
            page.cell = like.filePage < FILE_PAGES ? fileCells[like.filePage] : null;
        } else {
            page.cell = new Cell(0);
        }
        return page;
    }

    /** Whether Linux would have one VMA there. */
    private static boolean isOneMapping(Process process, long address, long length) {
        ModelPage first = process.pages.get(address);
        if (first == null) {
            return false;
        }
        for (long done = 0; done < length; done += PAGE) {
            ModelPage model = process.pages.get(address + done);
            if (model == null
                    || model.prot != first.prot
                    || model.shared != first.shared
                    || model.doNotFork != first.doNotFork
                    || (first.filePage < 0) != (model.filePage < 0)
                    || first.filePage >= 0 && model.filePage != first.filePage + done / PAGE) {
                return false;
            }
        }
        return true;
    }

    private void doNotNeed(Process process) throws Exception {
        long address = page();
        long length = length(address);
        int errno = errno(() -> process.memory.advise(address, length, Mman.MADV_DONTNEED));
        boolean whole = true;
        for (long page = address; page < address + length; page += PAGE) {
            ModelPage model = process.pages.get(page);
            whole &= model != null;
            if (model != null && !model.shared) {
                if (model.filePage < 0) {
                    model.cell = new Cell(0);
                } else {
                    model.copied = false;
                    model.cell = model.filePage < FILE_PAGES ? fileCells[model.filePage] : null;
                }
            }
        }
        assertEquals(whole ? 0 : Errno.ENOMEM, errno, history);
    }

    private void adviseFork(Process process) throws Exception {
        long address = page();
        long length = length(address);
        boolean no = random.nextBoolean();
        errno(() -> process.memory.advise(address, length, no ? Mman.MADV_DONTFORK : Mman.MADV_DOFORK));
        process.pages.subMap(address, address + length).values().forEach(model -> model.doNotFork = no);
    }

    private void fork(Process process) throws Exception {
        if (processes.size() == PROCESSES) {
            return;
        }
        var child = new Process(process.memory.fork());
        process.pages.forEach((page, model) -> {
            if (!model.doNotFork) {
                child.pages.put(page, model.copy());
            }
        });
        processes.add(child);
    }

    private void exit(Process process) {
        if (processes.size() > 1) {
            processes.remove(process);
            process.memory.release();
        }
    }

    private void write(Process process) {
        long page = page();
        long value = random.nextLong();
        boolean blindly = random.nextBoolean();
        ModelPage model = process.pages.get(page);
        FaultOutcome outcome = null;
        try {
            if (blindly) {
                process.guest.writeBlindly(page, value);
            } else {
                process.guest.write(page, value);
            }
        } catch (FakeGuest.Signal e) {
            outcome = e.outcome;
        }
        boolean beyondEnd = model != null && model.prot != 0 && model.cell == null;
        // Nobody knows that it was a write: the page is looked for first, as for a read.
        assertEquals(blindly && beyondEnd ? FaultOutcome.BUS_ADRERR : expected(model, true), outcome, history);
        if (outcome == null) {
            store(model, value);
        }
    }

    private void copyOut(Process process) {
        long page = page();
        long value = random.nextLong();
        ModelPage model = process.pages.get(page);
        int errno = errno(() -> process.memory.putLong(page, value));
        assertEquals(expected(model, true) == null ? 0 : Errno.EFAULT, errno, history);
        if (errno == 0) {
            store(model, value);
        }
    }

    private static void store(ModelPage model, long value) {
        if (!model.shared && model.filePage >= 0 && !model.copied) {
            model.copied = true;
            model.cell = new Cell(value);
        }
        model.cell.value = value;
    }

    private void checkRead(Process process, long page, boolean byGuest) throws Exception {
        ModelPage model = process.pages.get(page);
        FaultOutcome outcome = null;
        long value = 0;
        if (byGuest) {
            try {
                value = random.nextBoolean() ? process.guest.read(page) : process.guest.readBlindly(page);
            } catch (FakeGuest.Signal e) {
                outcome = e.outcome;
            }
            assertEquals(expected(model, false), outcome, history);
        } else {
            try {
                value = process.memory.getLong(page);
            } catch (ErrnoException e) {
                outcome = FaultOutcome.SEGV_MAPERR;
            }
            assertEquals(expected(model, false) == null, outcome == null, history);
        }
        if (outcome == null) {
            assertEquals(model.cell.value, value, history);
        }
    }

    private static FaultOutcome expected(ModelPage model, boolean write) {
        if (model == null) {
            return FaultOutcome.SEGV_MAPERR;
        }
        if (model.prot == 0 || write && (model.prot & Mman.PROT_WRITE) == 0) {
            return FaultOutcome.SEGV_ACCERR;
        }
        return model.cell == null ? FaultOutcome.BUS_ADRERR : null;
    }

    private interface Call {
        void run() throws ErrnoException;
    }

    private static int errno(Call call) {
        try {
            call.run();
            return 0;
        } catch (ErrnoException e) {
            return e.errno();
        }
    }
}
