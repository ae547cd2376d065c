package dev.picket.sentry.vfs;

/** Somebody who wants to know what happens to a file, or to the files of a directory; see inotify(7). */
public interface FileWatch {
    /** The events that are wanted: IN_ bits of {@code platform.linux.Inotify}. */
    int wantedEvents();

    /**
     * Something happened. Called with locks of directories held: it only takes notes.
     *
     * @param event one IN_ bit, and perhaps IN_ISDIR
     * @param cookie what the two halves of a move have in common; 0 for others
     * @param name of the file in the directory that is watched; null if the watched file itself is meant
     * @param unlinked whether that name is gone already
     */
    void happened(int event, int cookie, String name, boolean unlinked);

    /** The file is gone, nothing will happen to it any more. It has been removed from the file already. */
    void ended();
}
