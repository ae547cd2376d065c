package dev.picket.sentry.fs.host;

import dev.picket.platform.host.Host;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** A descriptor of the host that several use; the last one closes it. */
final class Descriptor {
    private final int number;
    private int users = 1;

    Descriptor(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** One more user; false if it was closed already. */
    synchronized boolean retain() {
        if (users == 0) {
            return false;
        }
        users++;
        return true;
    }

    synchronized void release() {
        if (--users == 0) {
            Host.close(number);
        }
    }

    /** Turns what the host answers for want of descriptors into what means the same to a guest: ENFILE. */
    static int checkOpened(long result) throws ErrnoException {
        if (result == -Errno.EMFILE || result == -Errno.ENFILE) {
            throw ErrnoException.of(Errno.ENFILE);
        }
        return (int) ErrnoException.check(result);
    }
}
