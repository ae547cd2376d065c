package dev.picket.sentry.tty;

import static dev.picket.platform.linux.TermBits.*;

/**
 * What programs and echoes write to a terminal, processed as c_oflag says, and queued until the master side takes it.
 * Guarded by its terminal's lock.
 */
final class OutputProcessor {
    /** Programs wait when so much is queued. */
    private static final int LIMIT_BYTES = 16 * 1024;

    /** Echoes may go beyond the limit by so much; then they are lost, as Linux's echo buffer loses them. */
    private static final int ECHO_BYTES = 4 * 1024;

    private static final int TAB = 8;
    private static final int FIRST_BYTES = 256;

    /** Most that one byte becomes: a tab, as spaces. */
    private static final int LONGEST = TAB;

    private byte[] ring = new byte[FIRST_BYTES];
    private int start;
    private int length;

    private int column;
    private int lineStartColumn;

    /** Bytes queued. */
    int queued() {
        return length;
    }

    /** Whether a program may write now. */
    boolean hasRoom() {
        return length + LONGEST <= LIMIT_BYTES;
    }

    /** Processes one byte that a program wrote; {@link #hasRoom} was asked. */
    void write(Termios modes, int character) {
        if (modes.hasOutput(OPOST)) {
            process(modes, character);
        } else {
            put(character);
        }
    }

    /** Processes one byte of an echo; it is lost if too much is queued. */
    void echo(Termios modes, int character) {
        if (length + LONGEST <= LIMIT_BYTES + ECHO_BYTES) {
            write(modes, character);
        }
    }

    /** Queues a byte as it is, such as a STOP character to the other side. */
    void echoRaw(int character) {
        if (length < LIMIT_BYTES + ECHO_BYTES) {
            put(character);
        }
    }

    /** Moves back over a tab of the line being typed, which {@code width} columns precede. */
    void eraseTab(Termios modes, int width, boolean afterTab) {
        int before = afterTab ? width : width + lineStartColumn;
        for (int back = TAB - (before & TAB - 1); back > 0; back--) {
            echoRaw('\b');
            if (column > 0) {
                column--;
            }
        }
    }

    /** Notes that a line begins to be typed here, so that tabs in it can be erased. */
    void markLineStart() {
        lineStartColumn = column;
    }

    /** Takes up to {@code count} bytes. */
    int take(byte[] destination, int offset, int count) {
        int taken = Math.min(count, length);
        int first = Math.min(taken, ring.length - start);
        System.arraycopy(ring, start, destination, offset, first);
        System.arraycopy(ring, 0, destination, offset + first, taken - first);
        start = (start + taken) % ring.length;
        length -= taken;
        return taken;
    }

    /** Puts back what {@link #take} gave last. */
    void putBack(int count) {
        start = Math.floorMod(start - count, ring.length);
        length += count;
    }

    void discard() {
        start = 0;
        length = 0;
    }

    /** do_output_char() of drivers/tty/n_tty.c. */
    private void process(Termios modes, int character) {
        switch (character) {
            case '\n' -> {
                if (modes.hasOutput(ONLRET)) {
                    column = 0;
                }
                if (modes.hasOutput(ONLCR)) {
                    column = 0;
                    lineStartColumn = 0;
                    put('\r');
                } else {
                    lineStartColumn = column;
                }
                put('\n');
            }
            case '\r' -> {
                if (modes.hasOutput(ONOCR) && column == 0) {
                    return;
                }
                if (modes.hasOutput(OCRNL)) {
                    if (modes.hasOutput(ONLRET)) {
                        column = 0;
                        lineStartColumn = 0;
                    }
                    put('\n');
                    return;
                }
                column = 0;
                lineStartColumn = 0;
                put('\r');
            }
            case '\t' -> {
                int spaces = TAB - (column & TAB - 1);
                column += spaces;
                if ((modes.output & TABDLY) == XTABS) {
                    for (; spaces > 0; spaces--) {
                        put(' ');
                    }
                } else {
                    put('\t');
                }
            }
            case '\b' -> {
                if (column > 0) {
                    column--;
                }
                put('\b');
            }
            default -> {
                if (!isControl(character) && !isContinuation(modes, character)) {
                    column++;
                }
                boolean upper = modes.hasOutput(OLCUC) && character >= 'a' && character <= 'z';
                put(upper ? character - 'a' + 'A' : character);
            }
        }
    }

    static boolean isControl(int character) {
        return character < ' ' || character == 0x7f;
    }

    static boolean isContinuation(Termios modes, int character) {
        return modes.hasInput(IUTF8) && (character & 0xc0) == 0x80;
    }

    private void put(int character) {
        if (length == ring.length) {
            byte[] larger = new byte[ring.length * 2];
            int all = length;
            take(larger, 0, all);
            ring = larger;
            start = 0;
            length = all;
        }
        ring[(start + length) % ring.length] = (byte) character;
        length++;
    }
}
