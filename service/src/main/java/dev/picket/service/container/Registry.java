package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All containers, by id and by name. */
final class Registry {
    // Guarded by this.
    private final TreeMap<String, ManagedContainer> byId = new TreeMap<>();
    private final Map<String, String> idByName = new HashMap<>();

    /** Takes a name for an id. @throws Failure.Conflict if it is in use */
    synchronized void reserve(String name, String id) {
        String holder = idByName.putIfAbsent(name, id);
        if (holder != null) {
            throw new Failure.Conflict(
                    "Conflict. The container name \"/" + name + "\" is already in use by container \"" + holder
                            + "\". You have to remove (or rename) that container to be able to reuse that name.");
        }
    }

    synchronized boolean isFree(String name) {
        return !idByName.containsKey(name);
    }

    synchronized void release(String name, String id) {
        idByName.remove(name, id);
    }

    synchronized void add(ManagedContainer container) {
        byId.put(container.id(), container);
    }

    synchronized void remove(ManagedContainer container) {
        byId.remove(container.id());
        idByName.values().removeIf(container.id()::equals);
    }

    /** By id, name, or a beginning of an id that no other has. @throws Failure.NotFound or BadParameter if ambiguous */
    synchronized ManagedContainer find(String idOrName) {
        ManagedContainer exact = byId.get(idOrName);
        if (exact != null) {
            return exact;
        }
        String name = idOrName.startsWith("/") ? idOrName.substring(1) : idOrName;
        String id = idByName.get(name);
        if (id != null && byId.containsKey(id)) {
            return byId.get(id);
        }
        if (!idOrName.isEmpty()) {
            Map.Entry<String, ManagedContainer> first = byId.ceilingEntry(idOrName);
            if (first != null && first.getKey().startsWith(idOrName)) {
                String next = byId.higherKey(first.getKey());
                if (next != null && next.startsWith(idOrName)) {
                    throw new Failure.BadParameter("multiple IDs found with provided prefix: " + idOrName);
                }
                return first.getValue();
            }
        }
        throw new Failure.NotFound("No such container: " + idOrName);
    }

    synchronized List<ManagedContainer> all() {
        return new ArrayList<>(byId.values());
    }

    /** Snapshots of all, newest first. */
    List<Container> views() {
        // Outside the lock: each takes its container's.
        return all().stream()
                .map(ManagedContainer::view)
                .sorted(Comparator.comparing(Container::created).reversed().thenComparing(Container::id))
                .toList();
    }
}
