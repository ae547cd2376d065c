package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Signal.*;
import static dev.picket.platform.linux.TermBits.*;

import java.util.BitSet;

/**
 * What is typed at a terminal on its way to the program: line editing, echo, signals and translation, as c_iflag and
 * c_lflag say. Follows drivers/tty/n_tty.c. Guarded by its terminal's lock.
 */
final class LineDiscipline {
    /** N_TTY_BUF_SIZE: what can be typed ahead. */
    static final int BUFFER_BYTES = 4096;

    private static final int MASK = BUFFER_BYTES - 1;

    private final OutputProcessor output;
    private Termios modes = Termios.standard();

    // Positions only grow; tail <= lineHead <= head. Between tail and lineHead are whole lines, between lineHead and
    // head
    // is what is still being edited. Without ICANON all up to head can be read.
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final BitSet lineEnds = new BitSet(BUFFER_BYTES);
    private long head;
    private long lineHead;
    private long tail;

    private boolean nextIsLiteral;
    private boolean erasing;
    private boolean stopped;
    private long lastInputNanos;

    /** What a byte of input asks of the terminal, beyond what this does itself; 0 or a bit set. */
    static final int STARTED = 0x100;

    static final int STOPPED = 0x200;
    static final int FLUSHED = 0x400;

    /** The signal in an answer of {@link #receive}. */
    static final int SIGNAL_MASK = 0xff;

    LineDiscipline(OutputProcessor output) {
        this.output = output;
    }

    Termios modes() {
        return modes;
    }

    /** Sets the modes. What was typed before under other modes stays readable. */
    void setModes(Termios changed) {
        boolean wasLines = modes.hasLocal(ICANON);
        modes = changed;
        if (wasLines != changed.hasLocal(ICANON)) {
            // n_tty_set_termios(): what was typed becomes a line of its own, without an end of line.
            lineEnds.clear();
            lineHead = head;
            if (!wasLines && head != tail) {
                lineEnds.set((int) (head - 1) & MASK);
                pushed = true;
            } else {
                pushed = false;
            }
            nextIsLiteral = false;
            erasing = false;
        }
        if (!changed.hasInput(IXON)) {
            stopped = false;
        }
    }

    // Whether the line end before lineHead is not a character of its own: it was pushed by a change of modes.
    private boolean pushed;

    /** Whether the output is stopped by STOP or tcflow(3). */
    boolean isStopped() {
        return stopped;
    }

    void setStopped(boolean stopped) {
        this.stopped = stopped;
    }

    /** When the last byte came, by System.nanoTime(). */
    long lastInputNanos() {
        return lastInputNanos;
    }

    /** How many bytes can be given to {@link #receive} now; at least 1 while a line can still be edited. */
    int room() {
        int free = BUFFER_BYTES - 1 - (int) (head - tail);
        if (modes.hasInput(PARMRK)) {
            free /= 3;
        }
        // With no line to read yet, nobody could make room: what does not fit any more replaces the last character.
        return free > 0 ? free : modes.hasLocal(ICANON) && lineHead == tail ? 1 : 0;
    }

    /**
     * Takes one byte as typed, 0 to 255; {@link #room} was asked.
     *
     * @return a signal to send to the foreground, and STARTED, STOPPED, FLUSHED
     */
    int receive(int typed) {
        lastInputNanos = System.nanoTime();
        int character = typed;
        if (head - tail >= BUFFER_BYTES - 1 && head > lineHead) {
            head--;
        }
        if (modes.hasInput(ISTRIP)) {
            character &= 0x7f;
        }
        if (modes.hasInput(IUCLC) && modes.hasLocal(IEXTEN) && character >= 'A' && character <= 'Z') {
            character += 'a' - 'A';
        }
        if (nextIsLiteral) {
            nextIsLiteral = false;
            store(character);
            return 0;
        }

        int answer = 0;
        if (stopped && modes.hasInput(IXON) && modes.hasInput(IXANY) && !modes.is(character, VSTOP)) {
            stopped = false;
            answer = STARTED;
        }
        if (modes.hasInput(IXON)) {
            if (modes.is(character, VSTART)) {
                stopped = false;
                return answer | STARTED;
            }
            if (modes.is(character, VSTOP)) {
                stopped = true;
                return answer | STOPPED;
            }
        }
        if (modes.hasLocal(ISIG)) {
            int signal = modes.is(character, VINTR)
                    ? SIGINT
                    : modes.is(character, VQUIT) ? SIGQUIT : modes.is(character, VSUSP) ? SIGTSTP : 0;
            if (signal != 0) {
                return answer | receiveSignal(signal, character);
            }
        }
        if (character == '\r') {
            if (modes.hasInput(IGNCR)) {
                return answer;
            }
            character = modes.hasInput(ICRNL) ? '\n' : character;
        } else if (character == '\n' && modes.hasInput(INLCR)) {
            character = '\r';
        }
        if (!modes.hasLocal(ICANON) || !edit(character)) {
            store(character);
        }
        return answer;
    }

    private int receiveSignal(int signal, int character) {
        int answer = signal;
        if (!modes.hasLocal(NOFLSH)) {
            discardInput();
            output.discard();
            answer |= FLUSHED;
        }
        if (modes.hasInput(IXON)) {
            answer |= stopped ? STARTED : 0;
            stopped = false;
        }
        if (modes.hasLocal(ECHO)) {
            echo(character);
        }
        return answer;
    }

    /** Handles a character that edits or ends a line; answers false if it is an ordinary one. */
    private boolean edit(int character) {
        boolean extended = modes.hasLocal(IEXTEN);
        if (modes.is(character, VERASE) || modes.is(character, VKILL) || modes.is(character, VWERASE) && extended) {
            erase(character);
            return true;
        }
        if (modes.is(character, VLNEXT) && extended) {
            nextIsLiteral = true;
            if (modes.hasLocal(ECHO)) {
                finishErasing();
                if (modes.hasLocal(ECHOCTL)) {
                    output.echo(modes, '^');
                    output.echo(modes, '\b');
                }
            }
            return true;
        }
        if (modes.is(character, VREPRINT) && modes.hasLocal(ECHO) && extended) {
            finishErasing();
            echo(character);
            output.echo(modes, '\n');
            for (long position = lineHead; position < head; position++) {
                echo(at(position));
            }
            return true;
        }
        if (character == '\n') {
            if (modes.hasLocal(ECHO) || modes.hasLocal(ECHONL)) {
                output.echo(modes, '\n');
            }
            endLine(character);
            return true;
        }
        if (modes.is(character, VEOF)) {
            endLine(0);
            return true;
        }
        if (modes.is(character, VEOL) || modes.is(character, VEOL2) && extended) {
            if (modes.hasLocal(ECHO)) {
                if (lineHead == head) {
                    output.markLineStart();
                }
                echo(character);
            }
            endLine(character);
            return true;
        }
        return false;
    }

    private void endLine(int character) {
        lineEnds.set((int) head & MASK);
        put(character);
        lineHead = head;
        pushed = false;
    }

    private void store(int character) {
        if (modes.hasLocal(ECHO)) {
            finishErasing();
            if (character == '\n') {
                output.echo(modes, '\n');
            } else {
                if (lineHead == head) {
                    output.markLineStart();
                }
                echo(character);
            }
        }
        if (modes.hasInput(PARMRK) && character == 0xff && head - tail < BUFFER_BYTES - 1) {
            put(character);
        }
        put(character);
        if (!modes.hasLocal(ICANON)) {
            lineHead = head;
        }
    }

    private void put(int character) {
        buffer[(int) head & MASK] = (byte) character;
        head++;
    }

    private int at(long position) {
        return buffer[(int) position & MASK] & 0xff;
    }

    private void echo(int character) {
        if (modes.hasLocal(ECHOCTL) && OutputProcessor.isControl(character) && character != '\t') {
            output.echo(modes, '^');
            output.echo(modes, character ^ 0100);
        } else {
            output.echo(modes, character);
        }
    }

    private void finishErasing() {
        if (erasing) {
            output.echo(modes, '/');
            erasing = false;
        }
    }

    /** eraser() of drivers/tty/n_tty.c. */
    private void erase(int command) {
        if (head == lineHead) {
            return;
        }
        boolean echo = modes.hasLocal(ECHO);
        boolean killsLine = modes.is(command, VKILL);
        boolean killsWord = !killsLine && !modes.is(command, VERASE);
        if (killsLine && !(echo && modes.hasLocal(ECHOK) && modes.hasLocal(ECHOKE) && modes.hasLocal(ECHOE))) {
            head = lineHead;
            if (echo) {
                finishErasing();
                echo(command);
                if (modes.hasLocal(ECHOK)) {
                    output.echo(modes, '\n');
                }
            }
            return;
        }

        boolean inWord = false;
        while (head != lineHead) {
            long first = head - 1;
            while (OutputProcessor.isContinuation(modes, at(first)) && first != lineHead) {
                first--;
            }
            int character = at(first);
            if (OutputProcessor.isContinuation(modes, character)) {
                break; // not a whole character
            }
            if (killsWord) {
                if (isWordCharacter(character)) {
                    inWord = true;
                } else if (inWord) {
                    break;
                }
            }
            long end = head;
            head = first;
            if (echo) {
                echoErased(command, character, first, end);
            }
            if (!killsLine && !killsWord) {
                break;
            }
        }
        if (head == lineHead && echo) {
            finishErasing();
        }
    }

    private void echoErased(int command, int character, long first, long end) {
        if (modes.hasLocal(ECHOPRT)) {
            if (!erasing) {
                output.echo(modes, '\\');
                erasing = true;
            }
            echo(character);
            for (long position = first + 1; position < end; position++) {
                output.echo(modes, at(position));
            }
        } else if (modes.is(command, VERASE) && !modes.hasLocal(ECHOE)) {
            echo(command);
        } else if (character == '\t') {
            eraseTab();
        } else {
            boolean control = OutputProcessor.isControl(character);
            if (control && modes.hasLocal(ECHOCTL)) {
                eraseColumn();
            }
            if (!control || modes.hasLocal(ECHOCTL)) {
                eraseColumn();
            }
        }
    }

    private void eraseColumn() {
        output.echo(modes, '\b');
        output.echo(modes, ' ');
        output.echo(modes, '\b');
    }

    private void eraseTab() {
        int width = 0;
        boolean afterTab = false;
        for (long position = head; position != lineHead; ) {
            position--;
            int character = at(position);
            if (character == '\t') {
                afterTab = true;
                break;
            }
            if (OutputProcessor.isControl(character)) {
                width += modes.hasLocal(ECHOCTL) ? 2 : 0;
            } else if (!OutputProcessor.isContinuation(modes, character)) {
                width++;
            }
        }
        output.eraseTab(modes, width, afterTab);
    }

    private static boolean isWordCharacter(int character) {
        return character >= '0' && character <= '9'
                || character >= 'a' && character <= 'z'
                || character >= 'A' && character <= 'Z'
                || character == '_';
    }

    /** Whether a read would find a line, or {@code minimum} bytes without ICANON. */
    boolean canRead(int minimum) {
        return modes.hasLocal(ICANON) ? lineHead != tail : head - tail >= Math.max(1, minimum);
    }

    /** Bytes that a read could get, as FIONREAD tells: ends of file are none. */
    int available() {
        if (!modes.hasLocal(ICANON)) {
            return (int) (head - tail);
        }
        int count = 0;
        for (long position = tail; position < lineHead; position++) {
            if (!isEndOfFile(position)) {
                count++;
            }
        }
        return count;
    }

    /** Whether the character at a position stands for the end of a line that has none: what VEOF made. */
    private boolean isEndOfFile(long position) {
        return at(position) == 0 && lineEnds.get((int) position & MASK) && !(pushed && position == lineHead - 1);
    }

    /**
     * Looks at what a read gets: up to the end of a line with ICANON.
     *
     * @return bytes copied; {@link #consume} then takes them away
     */
    int peek(byte[] destination, int offset, int count) {
        long end = modes.hasLocal(ICANON) ? lineHead : head;
        int copied = 0;
        for (long position = tail; position < end && copied < count; position++) {
            if (modes.hasLocal(ICANON) && lineEnds.get((int) position & MASK)) {
                if (!isEndOfFile(position)) {
                    destination[offset + copied++] = (byte) at(position);
                }
                break;
            }
            destination[offset + copied++] = (byte) at(position);
        }
        return copied;
    }

    /** Takes away {@code count} bytes that were read, and the end of file behind them if that is what comes next. */
    void consume(int count) {
        boolean lineEnded = false;
        for (int done = 0; done < count; done++) {
            lineEnded = lineEnds.get((int) tail & MASK);
            lineEnds.clear((int) tail & MASK);
            tail++;
        }
        if (!lineEnded && modes.hasLocal(ICANON) && tail < lineHead && isEndOfFile(tail)) {
            lineEnds.clear((int) tail & MASK);
            tail++;
        }
    }

    /** Throws away all that was typed and not read. */
    void discardInput() {
        tail = head;
        lineHead = head;
        lineEnds.clear();
        nextIsLiteral = false;
        erasing = false;
        pushed = false;
    }
}
