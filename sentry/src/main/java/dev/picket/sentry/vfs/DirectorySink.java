package dev.picket.sentry.vfs;

/** Takes the entries of a directory one by one; see getdents(2). */
public interface DirectorySink {
    /**
     * Takes one entry.
     *
     * @param name a byte string
     * @param type DT_ type, which is the inode's type bits shifted right by 12
     * @param nextPosition the file position behind this entry: the cookie by which reading goes on
     * @return false if there is no room: the entry was not taken, and the next call begins with it
     */
    boolean accept(String name, long inode, int type, long nextPosition);
}
