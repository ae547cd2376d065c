package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes the page {@code docs/syscalls.md} from {@link SyscallTable}: the one argument is the file to write. */
public final class SyscallTableDocument {
    private SyscallTableDocument() {}

    public static void main(String[] arguments) throws IOException {
        Files.writeString(Path.of(arguments[0]), render(new SyscallTable()));
    }

    /** The page as Markdown. */
    static String render(SyscallTable table) {
        List<SyscallTable.Entry> entries = table.entries();
        var errnoNames = errnoNames();
        var text = new StringBuilder();
        text.append("# System calls\n\n");
        text.append("Every number of the x86-64 ABI of Linux, and what Picket's Sentry makes of it.");
        text.append(" Made from `SyscallTable`; a test compares the two.\n\n");
        text.append("| | calls |\n|---|---|\n");
        text.append("| full | ")
                .append(count(entries, SyscallTable.Support.FULL))
                .append(" |\n");
        text.append("| partial | ")
                .append(count(entries, SyscallTable.Support.PARTIAL))
                .append(" |\n");
        text.append("| refused | ")
                .append(count(entries, SyscallTable.Support.REFUSED))
                .append(" |\n");
        text.append("| all | ").append(entries.size()).append(" |\n\n");
        text.append("Numbers that are not in the table give ENOSYS.\n\n");
        text.append("| Number | Call | Support | What is missing, or why it is refused |\n|---|---|---|---|\n");
        for (var entry : entries) {
            String support =
                    switch (entry.support()) {
                        case FULL -> "full";
                        case PARTIAL -> "partial";
                        case REFUSED -> errnoNames.get(entry.errno());
                    };
            text.append("| ")
                    .append(entry.number())
                    .append(" | ")
                    .append(entry.name())
                    .append(" | ");
            text.append(support).append(" | ").append(entry.note()).append(" |\n");
        }
        return text.toString();
    }

    private static long count(List<SyscallTable.Entry> entries, SyscallTable.Support support) {
        return entries.stream().filter(entry -> entry.support() == support).count();
    }

    private static Map<Integer, String> errnoNames() {
        Map<Integer, String> names = new HashMap<>();
        for (var field : Errno.class.getFields()) {
            if (field.getType() == int.class && Modifier.isStatic(field.getModifiers())) {
                try {
                    // Some numbers have two names: the first in the alphabet, EAGAIN before EWOULDBLOCK.
                    names.merge(field.getInt(null), field.getName(), (a, b) -> a.compareTo(b) < 0 ? a : b);
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        return names;
    }
}
