package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The objects of one kind, by id and by key. An id is a sequence number and an index, which are given out as Linux does
 * ({@code ipc_idr_alloc}): in a circle, so that the id of a removed object stays invalid for long.
 */
final class IpcTable<T extends IpcObject> {
    private static final int INDEX_MASK = Ipc.IPCMNI - 1;

    private static final int SEQUENCE_LIMIT = Integer.MAX_VALUE / Ipc.IPCMNI;

    /** Indexes below this are used before any is used again. */
    private static final int SHORTEST_CIRCLE = 64;

    private final TreeMap<Integer, T> objects = new TreeMap<>();
    private final Map<Integer, T> byKey = new HashMap<>();
    private final BitSet used = new BitSet();
    private int nextIndex;
    private int lastIndex = -1;
    private int sequence;
    private int wantedId = -1;

    /** Makes an object; with the table locked. */
    interface Maker<T> {
        T make() throws ErrnoException;
    }

    /** Looks at an object that a key found, beyond its permissions. */
    interface Check<T> {
        void check(T found) throws ErrnoException;
    }

    /**
     * What shmget(2), semget(2) and msgget(2) share.
     *
     * @return the object's id
     * @throws ErrnoException ENOENT, EEXIST, EACCES, ENOSPC, and what {@code check} and {@code maker} throw
     */
    synchronized int get(Credentials caller, int key, int flags, Check<T> check, Maker<T> maker) throws ErrnoException {
        T found = key == Ipc.IPC_PRIVATE ? null : byKey.get(key);
        if (found == null) {
            if (key != Ipc.IPC_PRIVATE && (flags & Ipc.IPC_CREAT) == 0) {
                throw ErrnoException.of(Errno.ENOENT);
            }
            T made = maker.make();
            add(made);
            return made.id();
        }
        if ((flags & (Ipc.IPC_CREAT | Ipc.IPC_EXCL)) == (Ipc.IPC_CREAT | Ipc.IPC_EXCL)) {
            throw ErrnoException.of(Errno.EEXIST);
        }
        check.check(found);
        found.checkAccess(caller, flags);
        return found.id();
    }

    /** Checks that there is room for one more object; for {@link Maker}s: ENOSPC. */
    synchronized void checkRoom(int limit) throws ErrnoException {
        if (objects.size() >= Math.min(limit, Ipc.IPCMNI)) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
    }

    private void add(T made) {
        int index;
        if (wantedId >= 0) {
            sequence = wantedId / Ipc.IPCMNI;
            index = used.nextClearBit(wantedId & INDEX_MASK);
            wantedId = -1;
        } else {
            int circle = Math.min(Math.max(objects.size() * 3 / 2, SHORTEST_CIRCLE), Ipc.IPCMNI);
            index = used.nextClearBit(nextIndex);
            if (index >= circle) {
                index = used.nextClearBit(0);
            }
            if (index <= lastIndex) {
                sequence = sequence + 1 >= SEQUENCE_LIMIT ? 0 : sequence + 1;
            }
            lastIndex = index;
            nextIndex = index + 1;
        }
        used.set(index);
        made.setId(sequence * Ipc.IPCMNI + index);
        objects.put(index, made);
        if (made.key() != Ipc.IPC_PRIVATE) {
            byKey.put(made.key(), made);
        }
    }

    /** The object of an id: EINVAL if there is none. */
    synchronized T find(int id) throws ErrnoException {
        T found = id < 0 ? null : objects.get(id & INDEX_MASK);
        if (found == null || found.id() != id) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return found;
    }

    /** The object with an index, as SEM_STAT and the like ask for: EINVAL if there is none. */
    synchronized T at(int index) throws ErrnoException {
        T found = objects.get(index & INDEX_MASK);
        if (index < 0 || found == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return found;
    }

    synchronized void remove(T object) {
        int index = object.id() & INDEX_MASK;
        if (objects.get(index) == object) {
            objects.remove(index);
            used.clear(index);
            dropKey(object);
        }
    }

    /** Makes the object one that only its id finds. */
    synchronized void dropKey(T object) {
        byKey.remove(object.key(), object);
        object.forgetKey();
    }

    synchronized int size() {
        return objects.size();
    }

    /** Highest index in use, 0 if there is none: what the INFO commands answer. */
    synchronized int highestIndex() {
        return objects.isEmpty() ? 0 : objects.lastKey();
    }

    /** All objects, by index. */
    synchronized List<T> all() {
        return new ArrayList<>(objects.values());
    }

    /** The id that the next object gets if it is free; -1 for the usual one. See sem_next_id and the like in proc(5). */
    synchronized int wantedId() {
        return wantedId;
    }

    synchronized void setWantedId(int id) {
        wantedId = id;
    }
}
