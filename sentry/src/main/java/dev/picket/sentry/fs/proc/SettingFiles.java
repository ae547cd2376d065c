package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedFile;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedInode.Owner;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/** Makes files of /proc/sys that root may write: a number, or a line. */
final class SettingFiles {
    private final GeneratedFileSystem fileSystem;

    /** What is done with what was written. */
    interface Store {
        void store(String line) throws ErrnoException;
    }

    /** What is shown. */
    interface Show {
        String show();
    }

    SettingFiles(GeneratedFileSystem fileSystem) {
        this.fileSystem = fileSystem;
    }

    /** A number between bounds; EINVAL for others. */
    GeneratedFile number(IntSupplier source, IntConsumer target, int lowest, int highest) {
        return text(() -> Integer.toString(source.getAsInt()), text -> target.accept(signed(text, lowest, highest)));
    }

    /** A line, without its newline. */
    GeneratedFile text(Show source, Store target) {
        return GeneratedFile.writable(
                fileSystem,
                0644,
                Owner.ROOT,
                (reader, text) -> text.append(source.show()).append('\n'),
                (writer, text) -> target.store(text.trim()));
    }

    static int signed(String text, int lowest, int highest) throws ErrnoException {
        try {
            int value = Integer.parseInt(text);
            if (value >= lowest && value <= highest) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        throw ErrnoException.of(Errno.EINVAL);
    }

    static long unsigned(String text) throws ErrnoException {
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }
}
