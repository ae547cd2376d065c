package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.fs.generated.GeneratedLink;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;

/** A magic link to a place of a process: its program, its working directory, its root. */
final class PlaceLink extends GeneratedLink {
    /** Finds the place; null if there is none. */
    @FunctionalInterface
    interface Place {
        Path find() throws ErrnoException;
    }

    private final Subject subject;
    private final Place place;

    PlaceLink(GeneratedFileSystem fileSystem, int mode, Owner owner, Subject subject, Place place) {
        super(fileSystem, mode, owner, caller -> PathName.of(caller.root(), find(caller, subject, place)));
        this.subject = subject;
        this.place = place;
    }

    @Override
    public Path followMagicLink(Caller caller) throws ErrnoException {
        return find(caller, subject, place);
    }

    private static Path find(Caller caller, Subject subject, Place place) throws ErrnoException {
        subject.checkInspection(caller);
        var found = place.find();
        if (found == null) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        return found;
    }
}
