package dev.picket.sentry.tty;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The terminals of a sandbox, by number: /dev/pts/N. One per sandbox. */
public final class Terminals {
    /** kernel.pty.max. */
    private static final int MAXIMUM = 4096;

    private final TreeMap<Integer, Terminal> terminals = new TreeMap<>();

    /**
     * Makes a new terminal, with the lowest free number.
     *
     * @param user who owns /dev/pts/N
     * @throws ErrnoException ENOSPC if there are too many
     */
    public Terminal create(int user) throws ErrnoException {
        Terminal terminal;
        synchronized (this) {
            int number = 0;
            while (terminals.containsKey(number)) {
                number++;
            }
            if (number >= MAXIMUM) {
                throw ErrnoException.of(Errno.ENOSPC);
            }
            terminal = new Terminal(this, number, user);
            terminals.put(number, terminal);
        }
        return terminal;
    }

    /** The terminal with this number whose master is still there, or null. */
    public synchronized Terminal get(int number) {
        return terminals.get(number);
    }

    /** All terminals whose masters are still there, by number. A snapshot. */
    public synchronized List<Terminal> all() {
        return new ArrayList<>(terminals.values());
    }

    synchronized void remove(Terminal terminal) {
        terminals.remove(terminal.number(), terminal);
    }
}
