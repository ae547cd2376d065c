package dev.picket.sentry.pipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.OpenFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PipeTest {
    private final PipeBudget budget = new PipeBudget(1 << 20);
    private final AnonymousFileSystem files = new AnonymousFileSystem("pipefs", 9, FileSystemMagic.PIPEFS_MAGIC);
    private final Credentials owner = Credentials.initial(0, 0, new int[0], 0);
    private final PipeEnd[] ends = PipeEnd.pair(budget, files, owner, 0);
    private final PipeEnd reader = ends[0];
    private final PipeEnd writer = ends[1];

    private static ArrayBuffer bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return new ArrayBuffer(bytes);
    }

    private static ArrayBuffer text(String text) {
        return new ArrayBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String read(OpenFile file, int count) throws ErrnoException {
        byte[] bytes = new byte[count];
        long got = file.read(new ArrayBuffer(bytes));
        return got == OpenFile.WOULD_BLOCK
                ? "(would block)"
                : new String(bytes, 0, (int) got, StandardCharsets.ISO_8859_1);
    }

    @Test
    void bytes_come_out_as_they_went_in_whatever_the_pieces() throws ErrnoException {
        byte[] sent = new byte[1_000_000];
        new Random(1).nextBytes(sent);
        byte[] received = new byte[sent.length];
        var random = new Random(2);
        int in = 0;
        int out = 0;
        while (out < sent.length) {
            if (in < sent.length) {
                int piece = Math.min(sent.length - in, 1 + random.nextInt(20_000));
                long written = writer.write(new ArrayBuffer(Arrays.copyOfRange(sent, in, in + piece)));
                in += written == OpenFile.WOULD_BLOCK ? 0 : (int) written;
            }
            byte[] piece = new byte[1 + random.nextInt(20_000)];
            long got = reader.read(new ArrayBuffer(piece));
            if (got != OpenFile.WOULD_BLOCK) {
                System.arraycopy(piece, 0, received, out, (int) got);
                out += (int) got;
            }
        }
        assertEquals(Arrays.hashCode(sent), Arrays.hashCode(received));
    }

    @Test
    void empty_pipe_blocks_a_reader_until_the_writer_goes() throws ErrnoException {
        assertEquals("(would block)", read(reader, 10));
        assertEquals(0, reader.readiness());
        writer.release();
        assertEquals("", read(reader, 10));
        assertEquals(Poll.POLLHUP, reader.readiness());
    }

    @Test
    void small_write_is_all_or_nothing() throws ErrnoException {
        assertEquals(Pipe.DEFAULT_CAPACITY_BYTES - 100, writer.write(bytes(Pipe.DEFAULT_CAPACITY_BYTES - 100)));
        assertEquals(OpenFile.WOULD_BLOCK, writer.write(bytes(101)));
        assertEquals(0, writer.readiness(), "less than PIPE_BUF is free");
        assertEquals(100, writer.write(bytes(100)));
        assertEquals(OpenFile.WOULD_BLOCK, writer.write(bytes(1)));
    }

    @Test
    void large_write_takes_what_fits() throws ErrnoException {
        assertEquals(Pipe.DEFAULT_CAPACITY_BYTES, writer.write(bytes(Pipe.DEFAULT_CAPACITY_BYTES + 5_000)));
    }

    @Test
    void write_without_readers_breaks() {
        reader.release();
        var failure = assertThrows(ErrnoException.class, () -> writer.write(text("x")));
        assertEquals(Errno.EPIPE, failure.errno());
        assertTrue((writer.readiness() & Poll.POLLERR) != 0);
    }

    @Test
    void reading_wakes_a_writer_and_writing_a_reader() throws ErrnoException {
        var woken = new AtomicInteger();
        reader.addWaiter(woken::addAndGet, Poll.POLLIN);
        writer.write(text("x"));
        assertEquals(Poll.READABLE, woken.getAndSet(0));
        reader.read(new ArrayBuffer(new byte[1]));
        assertEquals(0, woken.get(), "waits for input only");
        writer.addWaiter(woken::addAndGet, Poll.POLLOUT);
        writer.write(text("y"));
        woken.set(0);
        reader.read(new ArrayBuffer(new byte[1]));
        assertEquals(Poll.WRITABLE, woken.get());
    }

    @Test
    void capacity_is_rounded_up_and_never_loses_bytes() throws ErrnoException {
        var pipe = writer.pipe();
        assertEquals(8192, pipe.setCapacity(4097));
        writer.write(bytes(8000));
        assertEquals(
                Errno.EBUSY,
                assertThrows(ErrnoException.class, () -> pipe.setCapacity(4096)).errno());
        assertEquals(131_072, pipe.setCapacity(100_000));
        assertEquals(8000, pipe.available());
        assertEquals(
                Errno.EPERM,
                assertThrows(ErrnoException.class, () -> pipe.setCapacity(2 << 20))
                        .errno());
    }

    @Test
    void beyond_the_budget_pipes_are_small_but_work() throws ErrnoException {
        var poor = new PipeBudget(Pipe.DEFAULT_CAPACITY_BYTES);
        var first = PipeEnd.pair(poor, files, owner, 0);
        var second = PipeEnd.pair(poor, files, owner, 0);
        assertEquals(Pipe.MINIMUM_CAPACITY_BYTES, second[1].pipe().capacity());
        assertEquals(1, second[1].write(text("x")));
        first[0].release();
        first[1].release();
        var third = PipeEnd.pair(poor, files, owner, 0);
        assertEquals(Pipe.MINIMUM_CAPACITY_BYTES, third[1].pipe().capacity(), "the small one still counts");
        second[0].release();
        second[1].release();
        third[0].release();
        third[1].release();
        assertEquals(
                Pipe.DEFAULT_CAPACITY_BYTES,
                PipeEnd.pair(poor, files, owner, 0)[1].pipe().capacity());
    }

    @Test
    void fifo_open_waits_for_the_other_end_even_one_that_came_and_went() throws ErrnoException {
        var fifos = new Fifos(budget);
        var inode = new AnonymousInode(files, 0010600, owner, "fifo");
        var waiting = fifos.open(inode, null, Fcntl.O_RDONLY);
        assertFalse(waiting.isOpenComplete());
        fifos.open(inode, null, Fcntl.O_WRONLY).release();
        assertTrue(waiting.isOpenComplete());
        assertEquals("", read(waiting, 1));
        waiting.release();
    }

    @Test
    void fifo_open_without_waiting() throws ErrnoException {
        var fifos = new Fifos(budget);
        var inode = new AnonymousInode(files, 0010600, owner, "fifo");
        int writing = Fcntl.O_WRONLY | Fcntl.O_NONBLOCK;
        assertEquals(
                Errno.ENXIO,
                assertThrows(ErrnoException.class, () -> fifos.open(inode, null, writing))
                        .errno());
        var reading = fifos.open(inode, null, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK);
        assertTrue(reading.isOpenComplete());
        assertEquals(0, reading.readiness(), "no hang-up before there was a writer");
        var end = fifos.open(inode, null, writing);
        end.write(text("fifo"));
        end.release();
        assertEquals("fifo", read(reading, 10));
        assertEquals(Poll.POLLHUP, reading.readiness());
    }

    @Test
    void unused_fifo_forgets_what_was_in_it() throws ErrnoException {
        var fifos = new Fifos(budget);
        var inode = new AnonymousInode(files, 0010600, owner, "fifo");
        var both = fifos.open(inode, null, Fcntl.O_RDWR);
        both.write(text("lost"));
        both.release();
        var again = fifos.open(inode, null, Fcntl.O_RDWR);
        assertEquals("(would block)", read(again, 10));
    }
}
