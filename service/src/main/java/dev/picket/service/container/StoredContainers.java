package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import dev.picket.storage.failure.StorageException;
import dev.picket.storage.state.ContainerRecords;
import java.util.List;

/** Records of containers in the storage's database. */
public final class StoredContainers implements ContainerStore {
    private final ContainerRecords records;

    public StoredContainers(ContainerRecords records) {
        this.records = records;
    }

    @Override
    public void insert(String id, String name, String json) {
        try {
            records.insert(id, name, json);
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    @Override
    public void update(String id, String json) {
        try {
            records.update(id, json);
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    @Override
    public void rename(String id, String name) {
        try {
            records.rename(id, name);
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    @Override
    public void delete(String id) {
        try {
            records.delete(id);
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }

    @Override
    public List<String> load() {
        try {
            return records.list().stream().map(record -> record.json()).toList();
        } catch (StorageException e) {
            throw Failure.of(e);
        }
    }
}
