package dev.picket.sentry.net.inet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The connections that wait at a socket that listens: those that accept(2) finds, and those that found it full and wait for
 * room, as clients do whose SYN was dropped. Its monitor guards it.
 */
final class AcceptQueue {
    private final ArrayDeque<TcpSocket> ready = new ArrayDeque<>();
    private final Set<TcpSocket> knocking = new LinkedHashSet<>();
    private int backlog;
    private int promised;
    private boolean closed;

    /** What becomes of one who knocks. */
    enum Answer {
        /** There is a place, which is to be taken by {@link #add} or given back by {@link #giveUp}. */
        COME,
        WAIT,
        REFUSED
    }

    AcceptQueue(int backlog) {
        this.backlog = backlog;
    }

    synchronized int backlog() {
        return backlog;
    }

    synchronized int length() {
        return ready.size();
    }

    synchronized void setBacklog(int backlog) {
        this.backlog = backlog;
    }

    synchronized Answer knock(TcpSocket client) {
        if (closed) {
            return Answer.REFUSED;
        }
        if (isFull()) {
            knocking.add(client);
            return Answer.WAIT;
        }
        promised++;
        return Answer.COME;
    }

    /** As Linux counts: one more than the backlog fits. */
    private boolean isFull() {
        return ready.size() + promised > backlog;
    }

    /** Whom to let in now that there is room, with a place for it; null for nobody. */
    synchronized TcpSocket next() {
        if (closed || isFull() || knocking.isEmpty()) {
            return null;
        }
        var client = knocking.iterator().next();
        knocking.remove(client);
        promised++;
        return client;
    }

    /** The client waits no more. */
    synchronized void leave(TcpSocket client) {
        knocking.remove(client);
    }

    /** Gives back a place. */
    synchronized void giveUp() {
        promised--;
    }

    /** Puts a connection on the place that was promised; false if nobody listens any more. */
    synchronized boolean add(TcpSocket connection) {
        promised--;
        if (closed) {
            return false;
        }
        ready.addLast(connection);
        return true;
    }

    /** The next connection; null if there is none. */
    synchronized TcpSocket poll() {
        return ready.pollFirst();
    }

    synchronized boolean isEmpty() {
        return ready.isEmpty();
    }

    /** Those who were to be accepted, when nobody listens any more; afterwards all are refused. */
    synchronized List<TcpSocket> close() {
        closed = true;
        List<TcpSocket> abandoned = new ArrayList<>(ready);
        ready.clear();
        return abandoned;
    }

    /** Those who knocked in vain; once, after {@link #close}. */
    synchronized List<TcpSocket> refused() {
        List<TcpSocket> all = new ArrayList<>(knocking);
        knocking.clear();
        return all;
    }
}
