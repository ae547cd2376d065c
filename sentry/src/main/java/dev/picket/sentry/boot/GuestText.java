package dev.picket.sentry.boot;

import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Small files of the guest, read and written by the worker. The guest may have made them anything. */
final class GuestText {
    private static final int MAXIMUM_BYTES = 1 << 20;

    private GuestText() {}

    /** Host text as the guest has it: its bytes in UTF-8. */
    static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Guest bytes as text for people. */
    static String text(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** The first megabyte of a regular file; empty if there is no such file. */
    static String read(Outsider caller, String name) {
        try {
            Path path = PathWalk.resolve(caller, caller.root(), name, PathWalk.FOLLOW);
            if (path.inode().type() != FileMode.S_IFREG) {
                return "";
            }
            OpenFile file = FileOperations.open(caller, path, Fcntl.O_RDONLY);
            try {
                return read(file);
            } finally {
                file.release();
            }
        } catch (ErrnoException e) {
            return "";
        }
    }

    private static String read(OpenFile file) throws ErrnoException {
        int size = (int) Math.min(MAXIMUM_BYTES, file.inode().attributes().sizeBytes());
        byte[] content = new byte[size];
        var buffer = new ArrayBuffer(content);
        while (buffer.remaining() > 0 && file.read(buffer) > 0) {
            // Reads on.
        }
        return new String(Arrays.copyOf(content, buffer.used()), StandardCharsets.ISO_8859_1);
    }

    /** Makes a file, in place of whatever has the name and is no directory. */
    static void replace(Outsider caller, String name, byte[] content, int mode) throws ErrnoException {
        try {
            FileOperations.unlink(caller, caller.root(), name);
        } catch (ErrnoException e) {
            // Not there. If it cannot be removed, it cannot be made either, and that tells.
        }
        OpenFile file =
                FileOperations.open(caller, caller.root(), name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, mode);
        try {
            var buffer = new ArrayBuffer(content);
            while (buffer.remaining() > 0 && file.write(buffer) > 0) {
                // Writes on.
            }
        } finally {
            file.release();
        }
    }
}
