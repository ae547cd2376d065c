package dev.picket.sentry.strace;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.SyscallTracer;
import dev.picket.sentry.kernel.Task;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Prints each system call on one line when it has returned: {@code [pid 7] openat(AT_FDCWD, "/etc/passwd", 0x0, 0) = 3
 * <0.000041>}, after strace(1).
 *
 * <p>What it shows of guest memory it reads itself, a bounded piece, after or before the call: another thread of the guest
 * may have changed it meanwhile. That is good enough for people and nothing else relies on it.
 */
public final class SyscallPrinter implements SyscallTracer {
    private static final int SHOWN_BYTES = 64;
    private static final int AT_FDCWD = -100;

    private final IntFunction<String> names;
    private final Consumer<String> lines;
    private final Shapes shapes = new Shapes();
    private final String[] errnoNames = errnoNames();
    private final Map<Task, Pending> pending = new ConcurrentHashMap<>();

    private record Pending(String text, long startNanos) {}

    /**
     * @param names name of a call by number, or null
     * @param lines takes each finished line, without an end of line; any thread may call it
     */
    public SyscallPrinter(IntFunction<String> names, Consumer<String> lines) {
        this.names = names;
        this.lines = lines;
    }

    @Override
    public void enter(Task task, int number) {
        String name = names.apply(number);
        String text =
                name == null ? "syscall_" + number + "(...)" : name + "(" + arguments(task, shapes.of(name)) + ")";
        if ("exit_group".equals(name) || "exit".equals(name)) {
            lines.accept("[pid " + task.id() + "] " + text + " = ?");
        } else {
            pending.put(task, new Pending(text, System.nanoTime()));
        }
    }

    @Override
    public void exit(Task task, int number, long result) {
        Pending call = pending.remove(task);
        if (call == null) {
            return;
        }
        long micros = (System.nanoTime() - call.startNanos) / 1000;
        lines.accept("[pid %d] %s = %s <%d.%06d>"
                .formatted(task.id(), call.text, result(result), micros / 1_000_000, micros % 1_000_000));
    }

    private String arguments(Task task, String shape) {
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < shape.length(); index++) {
            if (index > 0) {
                text.append(", ");
            }
            long value = task.context().syscallArgument(index);
            switch (shape.charAt(index)) {
                case 'd' -> text.append((int) value);
                case 'a' -> text.append((int) value == AT_FDCWD ? "AT_FDCWD" : Integer.toString((int) value));
                case 'u' -> text.append(Long.toUnsignedString(value));
                case 'o' -> text.append('0').append(Integer.toOctalString((int) value));
                case 's' -> text.append(path(task, value));
                case 'b' -> text.append(data(task, value, task.context().syscallArgument(index + 1)));
                default -> text.append("0x").append(Long.toHexString(value));
            }
        }
        return text.toString();
    }

    private static String path(Task task, long address) {
        if (address == 0) {
            return "NULL";
        }
        try {
            return quoted(task.memory().copyInString(address, 4096));
        } catch (ErrnoException e) {
            return "0x" + Long.toHexString(address);
        }
    }

    private static String data(Task task, long address, long length) {
        int shown = (int) Math.max(0, Math.min(SHOWN_BYTES, length));
        byte[] bytes = new byte[shown];
        try {
            task.memory().copyIn(address, bytes, 0, shown);
        } catch (ErrnoException e) {
            return "0x" + Long.toHexString(address);
        }
        String text = quoted(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1));
        return length > shown ? text + "..." : text;
    }

    private static String quoted(String byteString) {
        StringBuilder text = new StringBuilder("\"");
        for (int index = 0; index < byteString.length(); index++) {
            char c = byteString.charAt(index);
            switch (c) {
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                case '\r' -> text.append("\\r");
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                default -> {
                    if (c >= ' ' && c < 127) {
                        text.append(c);
                    } else {
                        text.append('\\').append(Integer.toOctalString(c));
                    }
                }
            }
        }
        return text.append('"').toString();
    }

    private String result(long result) {
        if (result >= 0 || result < -4095) {
            return result > 0xffff || result < 0 ? "0x" + Long.toHexString(result) : Long.toString(result);
        }
        if (result <= -512 && result >= -516) {
            return "? (to be restarted)";
        }
        int errno = (int) -result;
        String name = errno < errnoNames.length ? errnoNames[errno] : null;
        return "-1 " + (name == null ? "errno " + errno : name);
    }

    private static String[] errnoNames() {
        String[] byNumber = new String[134];
        for (var field : Errno.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                try {
                    int number = field.getInt(null);
                    if (byNumber[number] == null) {
                        byNumber[number] = field.getName();
                    }
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        return byNumber;
    }
}
