package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Signal.*;
import static dev.picket.platform.linux.TermBits.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.tty.TestProcess.TestSession;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.OpenFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private final Terminals terminals = new Terminals();
    private final TestSession session = new TestSession(10);
    private final TestProcess shell = session.process(10);
    private final AnonymousInode inode = new AnonymousInode(
            new AnonymousFileSystem("devpts", 9, 0), FileMode.S_IFCHR | 0620, shell.credentials(), "pts");
    private Terminal terminal;
    private SlaveFile slave;

    @BeforeEach
    void open() throws ErrnoException {
        terminal = terminals.create(1000);
        terminal.setLocked(false);
        slave = SlaveFile.open(terminal, shell, inode, null, Fcntl.O_RDWR);
    }

    private void type(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(bytes.length, terminal.feed(bytes, 0, bytes.length));
    }

    private String read(int count) throws ErrnoException {
        byte[] bytes = new byte[count];
        long got = slave.read(new ArrayBuffer(bytes));
        return got == OpenFile.WOULD_BLOCK
                ? "(would block)"
                : new String(bytes, 0, (int) got, StandardCharsets.ISO_8859_1);
    }

    private String screen() {
        byte[] bytes = new byte[32 * 1024];
        int taken = Math.max(0, terminal.take(bytes, 0, bytes.length));
        return new String(bytes, 0, taken, StandardCharsets.ISO_8859_1);
    }

    private void print(String text) throws ErrnoException {
        assertEquals(text.length(), slave.write(new ArrayBuffer(text.getBytes(StandardCharsets.ISO_8859_1))));
    }

    private void modes(Termios modes) {
        terminal.setModes(modes, false);
    }

    private Termios raw(int minimum, int time) {
        return Termios.standard()
                .withLocal(0)
                .withInput(0)
                .withCharacter(VMIN, minimum)
                .withCharacter(VTIME, time);
    }

    // ---- Lines

    @Test
    void line_is_read_when_it_is_complete() throws ErrnoException {
        type("hello");
        assertEquals("(would block)", read(100));
        assertEquals(0, slave.readiness() & Poll.POLLIN);
        type("\r");
        assertTrue((slave.readiness() & Poll.POLLIN) != 0);
        assertEquals("hello\n", read(100));
        assertEquals("(would block)", read(100));
        assertEquals("hello\r\n", screen());
    }

    @Test
    void lines_are_read_one_by_one_and_in_pieces() throws ErrnoException {
        type("one\ntwo\n");
        assertEquals(8, terminal.available());
        assertEquals("on", read(2));
        assertEquals("e\n", read(100));
        assertEquals("two\n", read(100));
    }

    @Test
    void erase_takes_back_a_character_but_not_a_finished_line() throws ErrnoException {
        type("a\nbc\177d\177\177\177\n");
        assertEquals("a\n", read(10));
        assertEquals("\n", read(10));
        assertEquals("a\r\nbc\b \bd\b \b\b \b\r\n", screen());
    }

    @Test
    void control_characters_show_and_erase_in_two_columns() throws ErrnoException {
        type("a\026\001\177b\n");
        assertEquals("ab\n", read(10));
        // VLNEXT shows a caret and steps back over it; the character then shows as ^A, and is erased twice.
        assertEquals("a^\b^A\b \b\b \bb\r\n", screen());
    }

    @Test
    void tab_is_erased_by_as_many_columns_as_it_took() {
        type("ab\t\177");
        assertEquals("ab\t\b\b\b\b\b\b", screen());
    }

    @Test
    void word_erase_stops_before_the_word() throws ErrnoException {
        type("one two-three  \027x\n");
        assertEquals("one two-x\n", read(100));
    }

    @Test
    void kill_takes_back_the_line() throws ErrnoException {
        type("abc\025de\n");
        assertEquals("de\n", read(100));
        assertEquals("abc\b \b\b \b\b \bde\r\n", screen());
    }

    @Test
    void kill_without_echoke_starts_a_new_line() {
        var modes = Termios.standard();
        modes(modes.withLocal(modes.local & ~ECHOKE));
        type("abc\025");
        assertEquals("abc^U\r\n", screen());
    }

    @Test
    void reprint_shows_the_line_again() {
        type("abc\022");
        assertEquals("abc^R\r\nabc", screen());
    }

    @Test
    void multibyte_character_is_erased_whole() throws ErrnoException {
        var modes = Termios.standard();
        modes(modes.withInput(modes.input | IUTF8));
        type("a\u00c3\u00a9\177b\n");
        assertEquals("ab\n", read(100));
        assertEquals("a\u00c3\u00a9\b \bb\r\n", screen());
    }

    @Test
    void end_of_file_gives_what_is_there_then_nothing() throws ErrnoException {
        type("abc\004");
        assertEquals("abc", read(100));
        assertEquals("(would block)", read(100));
        type("\004");
        assertEquals("", read(100));
        assertEquals("(would block)", read(100));
    }

    @Test
    void end_of_file_right_behind_a_full_read_is_no_second_end() throws ErrnoException {
        type("abc\004");
        assertEquals("abc", read(3));
        assertEquals("(would block)", read(3));
    }

    @Test
    void end_of_line_character_ends_a_line() throws ErrnoException {
        modes(Termios.standard().withCharacter(VEOL, ';'));
        type("a;b");
        assertEquals("a;", read(10));
    }

    @Test
    void literal_next_takes_an_interrupt_as_a_character() throws ErrnoException {
        type("\026\003\n");
        assertEquals("\003\n", read(10));
        assertEquals(List.of(), shell.signals());
    }

    @Test
    void overlong_line_loses_its_end_but_can_be_finished() throws ErrnoException {
        modes(Termios.standard().withLocal(ICANON));
        type("x".repeat(5000));
        type("\n");
        String line = read(10_000);
        assertEquals(4095, line.length());
        assertTrue(line.endsWith("x\n"));
    }

    @Test
    void carriage_return_and_newline_are_translated_as_asked() throws ErrnoException {
        modes(Termios.standard().withInput(IGNCR));
        type("a\rb\n");
        assertEquals("ab\n", read(10));
        modes(Termios.standard().withInput(INLCR | ICRNL).withLocal(ICANON));
        type("x\ny\rz");
        assertEquals("x\ry\n", read(10), "a newline that was typed has become a return, and ends no line");
    }

    @Test
    void echo_can_be_off_but_for_newlines() {
        modes(Termios.standard().withLocal(ICANON | ECHONL));
        type("secret\n");
        assertEquals("\r\n", screen());
    }

    // ---- Raw

    @Test
    void raw_input_comes_as_it_is() throws ErrnoException {
        modes(raw(1, 0));
        type("a\r\003\004\n");
        assertEquals("a\r\003\004\n", read(100));
        assertEquals("", screen());
    }

    @Test
    void minimum_holds_reads_and_poll_back() throws ErrnoException {
        modes(raw(3, 0));
        type("ab");
        assertEquals("(would block)", read(100));
        assertEquals(0, slave.readiness() & Poll.POLLIN);
        assertEquals("a", read(1), "a small buffer does not wait for more than it holds");
        type("cd");
        assertEquals("bcd", read(100));
    }

    @Test
    void no_minimum_and_no_time_never_waits() throws ErrnoException {
        modes(raw(0, 0));
        assertEquals("", read(10));
    }

    @Test
    void time_without_minimum_ends_the_wait() throws ErrnoException {
        modes(raw(0, 2));
        assertEquals("(would block)", read(10));
        assertEquals(1_000L + 200_000_000L, slave.waitDeadlineNanos(1_000, Poll.READABLE));
        assertEquals(0, slave.afterDeadline(Poll.READABLE));
    }

    @Test
    void time_with_minimum_counts_from_the_last_byte() throws Exception {
        modes(raw(10, 1));
        assertEquals(Long.MAX_VALUE, slave.waitDeadlineNanos(0, Poll.READABLE));
        type("ab");
        assertEquals("(would block)", read(10));
        long left = slave.waitDeadlineNanos(0, Poll.READABLE) - System.nanoTime();
        assertTrue(left > 0 && left <= 100_000_000L);
        Thread.sleep(120);
        assertEquals("ab", read(10));
    }

    @Test
    void what_was_typed_raw_can_be_read_in_lines() throws ErrnoException {
        modes(raw(1, 0));
        type("ab");
        modes(Termios.standard());
        assertEquals("ab", read(10));
        type("cd");
        modes(raw(1, 0));
        assertEquals("cd", read(10));
    }

    // ---- Output

    @Test
    void newline_gets_a_return_only_with_post_processing() throws ErrnoException {
        print("a\nb\n");
        assertEquals("a\r\nb\r\n", screen());
        modes(Termios.standard().withOutput(0));
        print("a\nb\n");
        assertEquals("a\nb\n", screen());
    }

    @Test
    void tabs_become_spaces_as_asked() throws ErrnoException {
        modes(Termios.standard().withOutput(OPOST | XTABS));
        print("abc\td");
        assertEquals("abc     d", screen());
    }

    @Test
    void output_waits_when_nobody_takes_it() throws ErrnoException {
        byte[] much = new byte[100_000];
        long written = slave.write(new ArrayBuffer(much));
        assertTrue(written > 0 && written < much.length);
        assertEquals(OpenFile.WOULD_BLOCK, slave.write(new ArrayBuffer(much)));
        assertEquals(0, slave.readiness() & Poll.POLLOUT);
        screen();
        assertTrue((slave.readiness() & Poll.POLLOUT) != 0);
    }

    @Test
    void stop_holds_output_and_start_lets_it_go() throws ErrnoException {
        type("\023");
        assertEquals(OpenFile.WOULD_BLOCK, slave.write(new ArrayBuffer(new byte[1])));
        type("\021");
        print("x");
        assertEquals("x", screen());
    }

    // ---- Signals and job control

    @Test
    void leader_gets_the_terminal_by_opening_it() {
        assertSame(terminal, session.terminal);
        assertEquals(10, terminal.foregroundId());
    }

    @Test
    void interrupt_signals_the_foreground_and_flushes() throws ErrnoException {
        var job = session.process(20);
        terminal.jobs().setForeground(shell, 20);
        print("pending output");
        type("abc\003");
        assertEquals(List.of(SIGINT), job.signals());
        assertEquals(List.of(), shell.signals());
        assertEquals("^C", screen(), "what was written before is thrown away");
        type("\034\032");
        assertEquals(List.of(SIGINT, SIGQUIT, SIGTSTP), job.signals());
        type("x\n");
        assertEquals("x\n", read(10), "abc is gone");
    }

    @Test
    void background_read_stops_the_group() throws ErrnoException {
        var job = session.process(20);
        assertSame(InterruptedCallException.SYS, assertThrows(ErrnoException.class, () -> slave.beforeRead(job)));
        assertEquals(List.of(SIGTTIN), job.signals());
        job.ignored = SIGTTIN;
        assertEquals(
                Errno.EIO,
                assertThrows(ErrnoException.class, () -> slave.beforeRead(job)).errno());
        slave.beforeRead(shell);
    }

    @Test
    void orphaned_background_group_is_not_stopped() {
        var job = session.process(20);
        job.group.orphaned = true;
        assertEquals(
                Errno.EIO,
                assertThrows(ErrnoException.class, () -> slave.beforeRead(job)).errno());
        assertEquals(List.of(), job.signals());
    }

    @Test
    void background_write_stops_only_with_tostop() throws ErrnoException {
        var job = session.process(20);
        slave.beforeWrite(job);
        assertEquals(List.of(), job.signals());
        modes(Termios.standard().withLocal(Termios.standard().local | TOSTOP));
        assertThrows(InterruptedCallException.class, () -> slave.beforeWrite(job));
        assertEquals(List.of(SIGTTOU), job.signals());
        job.ignored = SIGTTOU;
        slave.beforeWrite(job);
    }

    @Test
    void foreground_must_be_a_group_of_the_session() {
        var errors = new int[] {
            assertThrows(ErrnoException.class, () -> terminal.jobs().setForeground(shell, -1))
                    .errno(),
            assertThrows(ErrnoException.class, () -> terminal.jobs().setForeground(shell, 555))
                    .errno(),
            assertThrows(ErrnoException.class, () -> terminal.jobs().setForeground(shell, 999))
                    .errno()
        };
        assertEquals(List.of(Errno.EINVAL, Errno.ESRCH, Errno.EPERM), List.of(errors[0], errors[1], errors[2]));
        var stranger = new TestSession(30).process(30);
        assertEquals(
                Errno.ENOTTY,
                assertThrows(ErrnoException.class, () -> terminal.jobs().setForeground(stranger, 30))
                        .errno());
    }

    @Test
    void terminal_of_another_session_is_not_taken() throws ErrnoException {
        var stranger = new TestSession(30).process(30);
        SlaveFile.open(terminal, stranger, inode, null, Fcntl.O_RDWR);
        assertNull(stranger.group.session.terminal);
        assertEquals(
                Errno.EPERM,
                assertThrows(ErrnoException.class, () -> terminal.jobs().adopt(stranger, true))
                        .errno());
    }

    @Test
    void window_change_is_signalled_once() {
        terminal.setWindow(new WindowSize(24, 80, 0, 0));
        terminal.setWindow(new WindowSize(24, 80, 0, 0));
        assertEquals(List.of(SIGWINCH), shell.signals());
    }

    @Test
    void hang_up_ends_reads_and_writes_and_tells_the_leader() throws ErrnoException {
        type("lost\n");
        terminal.closeMaster();
        assertEquals(List.of(SIGHUP, SIGCONT), session.leaderSignals);
        assertEquals("", read(10));
        assertEquals(
                Errno.EIO,
                assertThrows(ErrnoException.class, () -> slave.write(new ArrayBuffer(new byte[1])))
                        .errno());
        assertTrue((slave.readiness() & Poll.POLLHUP) != 0);
        assertNull(session.terminal);
        assertNull(terminals.get(terminal.number()));
    }

    @Test
    void end_of_the_leader_hangs_up_the_foreground_but_the_terminal_can_be_used_again() throws ErrnoException {
        var job = session.process(20);
        terminal.jobs().setForeground(shell, 20);
        terminal.sessionLeaderExited(session);
        assertEquals(List.of(SIGHUP), job.signals());
        assertEquals("", read(10));
        var next = new TestSession(40);
        var again = SlaveFile.open(terminal, next.process(40), inode, null, Fcntl.O_RDWR);
        assertSame(terminal, next.terminal);
        assertEquals(1, again.write(new ArrayBuffer(new byte[] {'x'})));
    }

    @Test
    void master_sees_the_end_when_the_last_slave_is_closed() {
        var master = new MasterFile(terminal, inode, null, Fcntl.O_RDWR);
        assertEquals(0, master.readiness() & Poll.POLLHUP);
        slave.release();
        assertTrue((master.readiness() & Poll.POLLHUP) != 0);
        assertEquals(
                Errno.EIO,
                assertThrows(ErrnoException.class, () -> master.read(new ArrayBuffer(new byte[1])))
                        .errno());
    }

    @Test
    void packet_mode_tells_of_flushes() throws ErrnoException {
        var master = new MasterFile(terminal, inode, null, Fcntl.O_RDWR);
        terminal.setPackets(true);
        print("x");
        byte[] packet = new byte[10];
        assertEquals(2, master.read(new ArrayBuffer(packet)));
        assertEquals(TIOCPKT_DATA, packet[0]);
        assertEquals('x', packet[1]);
        terminal.flush(true, false);
        assertEquals(1, master.read(new ArrayBuffer(packet)));
        assertEquals(TIOCPKT_FLUSHREAD, packet[0]);
    }

    @Test
    void locked_terminal_cannot_be_opened() throws ErrnoException {
        var fresh = terminals.create(0);
        assertEquals(1, fresh.number());
        assertEquals(
                Errno.EIO,
                assertThrows(ErrnoException.class, () -> SlaveFile.open(fresh, shell, inode, null, Fcntl.O_RDWR))
                        .errno());
    }
}
