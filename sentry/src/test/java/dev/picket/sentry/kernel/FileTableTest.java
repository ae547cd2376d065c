package dev.picket.sentry.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import org.junit.jupiter.api.Test;

class FileTableTest {
    private static final int LIMIT = 100;

    private final FileTable table = new FileTable(new ResourceLimits(LIMIT, 10));

    private static final class Plain extends OpenFile {
        private final Inode inode = new AnonymousFiles().inode(Credentials.initial(0, 0, new int[0], 0), "[plain]");
        private boolean released;

        private Plain() {
            super(null, 0);
        }

        @Override
        public Inode inode() {
            return inode;
        }

        @Override
        protected void released() {
            released = true;
        }
    }

    @Test
    void the_lowest_free_descriptor_is_taken() throws ErrnoException {
        for (int i = 0; i < 5; i++) {
            assertEquals(i, table.install(new Plain(), 0, false));
        }
        table.close(1);
        table.close(3);

        assertEquals(1, table.install(new Plain(), 0, false));
        assertEquals(3, table.install(new Plain(), 0, false));
        assertEquals(5, table.install(new Plain(), 0, false));
        assertEquals(70, table.install(new Plain(), 70, false));
        assertEquals(6, table.install(new Plain(), 0, false));
    }

    @Test
    void a_full_table_gives_emfile_and_leaves_the_file_alone() throws ErrnoException {
        for (int i = 0; i < LIMIT; i++) {
            table.install(new Plain(), 0, false);
        }
        var file = new Plain();

        var failure = assertThrows(ErrnoException.class, () -> table.install(file, 0, false));

        assertEquals(Errno.EMFILE, failure.errno());
        assertFalse(file.released);
    }

    @Test
    void closing_the_last_descriptor_releases_the_file() throws ErrnoException {
        var file = new Plain();
        table.install(file, 0, false);
        table.duplicate(0, 0, false);

        table.close(0);
        assertFalse(file.released);
        table.close(1);
        assertTrue(file.released);
        assertThrows(ErrnoException.class, () -> table.close(1));
    }

    @Test
    void duplicating_onto_a_descriptor_closes_what_it_was() throws ErrnoException {
        var first = new Plain();
        var second = new Plain();
        table.install(first, 0, false);
        table.install(second, 0, true);

        table.duplicateTo(0, 1, false);

        assertSame(first, table.get(1));
        assertTrue(second.released);
        assertFalse(table.isCloseOnExec(1));
    }

    @Test
    void exec_closes_what_is_marked() throws ErrnoException {
        var kept = new Plain();
        var closed = new Plain();
        table.install(kept, 0, false);
        table.install(closed, 0, true);

        table.closeOnExec();

        assertSame(kept, table.get(0));
        assertNull(table.get(1));
        assertTrue(closed.released);
    }

    @Test
    void a_forked_table_holds_its_own_references() throws ErrnoException {
        var file = new Plain();
        table.install(file, 0, true);
        var fork = table.fork(new ResourceLimits(LIMIT, 10));

        table.release();

        assertFalse(file.released);
        assertTrue(fork.isCloseOnExec(0));
        fork.release();
        assertTrue(file.released);
    }

    @Test
    void a_range_is_closed_or_marked() throws ErrnoException {
        for (int i = 0; i < 6; i++) {
            table.install(new Plain(), 0, false);
        }

        table.closeRange(1, 2, false);
        table.closeRange(4, Integer.MAX_VALUE, true);

        assertNull(table.get(1));
        assertNull(table.get(2));
        assertFalse(table.isCloseOnExec(3));
        assertTrue(table.isCloseOnExec(4));
        assertTrue(table.isCloseOnExec(5));
    }
}
