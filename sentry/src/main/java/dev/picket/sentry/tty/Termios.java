package dev.picket.sentry.tty;

import static dev.picket.platform.linux.TermBits.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Modes of a terminal; see termios(3). Immutable.
 *
 * <pre>
 * struct termios2: 0 c_iflag | 4 c_oflag | 8 c_cflag | 12 c_lflag | 16 c_line | 17 c_cc[19] | 36 c_ispeed | 40 c_ospeed
 * struct termios:  the same up to 36
 * </pre>
 */
public final class Termios {
    static final int BYTES = 36;
    static final int BYTES_2 = 44;

    private static final int LINE = 16;
    private static final int CHARACTERS = 17;
    private static final int DEFAULT_SPEED = 38400;

    /** Character 0 in c_cc means "none"; _POSIX_VDISABLE. */
    private static final int DISABLED = 0;

    final int input;
    final int output;
    final int control;
    final int local;
    private final byte line;
    private final byte[] characters;
    private final int inputSpeed;
    private final int outputSpeed;

    private Termios(
            int input,
            int output,
            int control,
            int local,
            byte line,
            byte[] characters,
            int inputSpeed,
            int outputSpeed) {
        this.input = input;
        this.output = output;
        this.control = control;
        this.local = local;
        this.line = line;
        this.characters = characters;
        this.inputSpeed = inputSpeed;
        this.outputSpeed = outputSpeed;
    }

    /** What a new terminal has: tty_std_termios of drivers/tty/tty_io.c. */
    public static Termios standard() {
        byte[] characters = new byte[NCCS];
        characters[VINTR] = 'C' - '@';
        characters[VQUIT] = '\\' - '@';
        characters[VERASE] = 0x7f;
        characters[VKILL] = 'U' - '@';
        characters[VEOF] = 'D' - '@';
        characters[VMIN] = 1;
        characters[VSTART] = 'Q' - '@';
        characters[VSTOP] = 'S' - '@';
        characters[VSUSP] = 'Z' - '@';
        characters[VREPRINT] = 'R' - '@';
        characters[VDISCARD] = 'O' - '@';
        characters[VWERASE] = 'W' - '@';
        characters[VLNEXT] = 'V' - '@';
        return new Termios(
                ICRNL | IXON,
                OPOST | ONLCR,
                B38400 | CS8 | CREAD,
                ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
                (byte) 0,
                characters,
                DEFAULT_SPEED,
                DEFAULT_SPEED);
    }

    /** Decodes a {@code struct termios} (speeds stay those of {@code before}) or {@code termios2}. */
    static Termios decode(byte[] bytes, Termios before) {
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean hasSpeeds = bytes.length >= BYTES_2;
        return new Termios(
                buffer.getInt(0),
                buffer.getInt(4),
                // A pty has no parity and always eight bits; pty_set_termios of drivers/tty/pty.c.
                (buffer.getInt(8) & ~(CSIZE | PARENB)) | CS8 | CREAD,
                buffer.getInt(12),
                bytes[LINE],
                Arrays.copyOfRange(bytes, CHARACTERS, CHARACTERS + NCCS),
                hasSpeeds ? buffer.getInt(BYTES) : before.inputSpeed,
                hasSpeeds ? buffer.getInt(BYTES + 4) : before.outputSpeed);
    }

    /** As {@code struct termios2}; {@code struct termios} is the first {@link #BYTES} of it. */
    byte[] encode() {
        var buffer = ByteBuffer.allocate(BYTES_2).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(input)
                .putInt(output)
                .putInt(control)
                .putInt(local)
                .put(line)
                .put(characters);
        buffer.putInt(inputSpeed).putInt(outputSpeed);
        return buffer.array();
    }

    /** The same with other local modes, such as without ECHO. */
    public Termios withLocal(int local) {
        return new Termios(input, output, control, local, line, characters, inputSpeed, outputSpeed);
    }

    /** The same with other input modes. */
    public Termios withInput(int input) {
        return new Termios(input, output, control, local, line, characters, inputSpeed, outputSpeed);
    }

    /** The same with other output modes. */
    public Termios withOutput(int output) {
        return new Termios(input, output, control, local, line, characters, inputSpeed, outputSpeed);
    }

    /** The same with another special character or, for VMIN and VTIME, number. */
    public Termios withCharacter(int place, int value) {
        byte[] changed = characters.clone();
        changed[place] = (byte) value;
        return new Termios(input, output, control, local, line, changed, inputSpeed, outputSpeed);
    }

    /** Whether {@code character} (0 to 255) is the special character at {@code place} of c_cc. */
    boolean is(int character, int place) {
        return character == (characters[place] & 0xff) && character != DISABLED;
    }

    /** The number or character at {@code place} of c_cc, 0 to 255. */
    int character(int place) {
        return characters[place] & 0xff;
    }

    boolean hasInput(int flag) {
        return (input & flag) != 0;
    }

    boolean hasOutput(int flag) {
        return (output & flag) != 0;
    }

    boolean hasLocal(int flag) {
        return (local & flag) != 0;
    }
}
