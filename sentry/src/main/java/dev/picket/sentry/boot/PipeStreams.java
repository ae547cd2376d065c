package dev.picket.sentry.boot;

import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.kernel.AnonymousFiles;
import dev.picket.sentry.pipe.Pipe;
import dev.picket.sentry.pipe.PipeEnd;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;

/** The three pipes of a process without a terminal: the Sentry holds the other ends. */
final class PipeStreams {
    private final Pipe input;
    private final Pipe output;
    private final Pipe error;
    private final AnonymousFiles files;
    private final Credentials owner;

    /** Makes the pipes. Every sink and source below must be closed once; the guest's files are the process's. */
    PipeStreams(AnonymousFiles files, Credentials owner) {
        this.files = files;
        this.owner = owner;
        input = new Pipe(files.pipeBudget());
        output = new Pipe(files.pipeBudget());
        error = new Pipe(files.pipeBudget());
        input.addWriter();
        output.addReader();
        error.addReader();
    }

    /** The guest's ends: descriptors 0, 1 and 2. */
    OpenFile[] guestFiles() {
        return new OpenFile[] {
            PipeEnd.ofSentry(input, files.pipes(), owner, Fcntl.O_RDONLY),
            PipeEnd.ofSentry(output, files.pipes(), owner, Fcntl.O_WRONLY),
            PipeEnd.ofSentry(error, files.pipes(), owner, Fcntl.O_WRONLY)
        };
    }

    GuestInput.Sink input() {
        return new GuestInput.Sink() {
            @Override
            public int put(byte[] source, int offset, int count) {
                return input.writeBytes(source, offset, count);
            }

            @Override
            public WaitQueue waiters() {
                return input.waiters();
            }

            @Override
            public void close() {
                input.removeWriter();
            }
        };
    }

    GuestOutput.Source output() {
        return source(output);
    }

    GuestOutput.Source error() {
        return source(error);
    }

    private static GuestOutput.Source source(Pipe pipe) {
        return new GuestOutput.Source() {
            @Override
            public int take(byte[] destination, int offset, int count) {
                return pipe.readBytes(destination, offset, count);
            }

            @Override
            public WaitQueue waiters() {
                return pipe.waiters();
            }

            @Override
            public void close() {
                pipe.removeReader();
            }
        };
    }
}
