package dev.picket.service.container;

import java.util.List;

/** Where records of containers outlast the process: the storage, or a test's. Failures are {@code Failure}s. */
public interface ContainerStore {
    /** Keeps a new record. @throws dev.picket.service.failure.Failure.Conflict if the name is in use, in Docker's words */
    void insert(String id, String name, String json);

    /** Replaces a record's document. */
    void update(String id, String json);

    /** @throws dev.picket.service.failure.Failure.Conflict if the name is in use, in Docker's words */
    void rename(String id, String name);

    void delete(String id);

    /** The documents of all records. */
    List<String> load();
}
