package dev.picket.storage.state;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.state.Database.Statements;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The containers' records. Each call is a transaction of its own; see the package on when it is durable. */
public final class ContainerRecords {
    /** The longest document. */
    public static final int MAX_DOCUMENT_CHARS = 1 << 20;

    private static final String COLUMNS = "id, name, document, created_millis, changed_millis";

    private final Database database;
    private final Clock clock;

    public ContainerRecords(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Adds a container.
     *
     * @param name without a leading slash
     * @throws StorageException.Conflict if another has the name, in Docker's words
     * @throws StorageException.Invalid if the document is too long
     */
    public ContainerRecord insert(String id, String name, String json) throws StorageException {
        if (!Digest.isHex(id)) {
            throw new IllegalArgumentException("not a container id: " + id);
        }
        requireShort(json);
        return database.inTransaction(statements -> {
            requireFree(statements, name);
            Instant now = Instant.ofEpochMilli(clock.millis());
            PreparedStatement insert =
                    statements.prepare("INSERT INTO containers (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?)");
            insert.setString(1, id);
            insert.setString(2, name);
            insert.setString(3, json);
            insert.setLong(4, now.toEpochMilli());
            insert.setLong(5, now.toEpochMilli());
            insert.executeUpdate();
            return new ContainerRecord(id, name, json, now, now);
        });
    }

    /**
     * Replaces a container's document.
     *
     * @throws StorageException.NotFound if there is no such container
     * @throws StorageException.Invalid if the document is too long
     */
    public void update(String id, String json) throws StorageException {
        requireShort(json);
        database.inTransaction(statements -> {
            PreparedStatement update =
                    statements.prepare("UPDATE containers SET document = ?, changed_millis = ? WHERE id = ?");
            update.setString(1, json);
            update.setLong(2, clock.millis());
            update.setString(3, id);
            requireOne(update.executeUpdate(), id);
            return null;
        });
    }

    /**
     * Renames a container.
     *
     * @throws StorageException.NotFound if there is no such container
     * @throws StorageException.Conflict if the name is in use, be it by the same container
     */
    public void rename(String id, String name) throws StorageException {
        database.inTransaction(statements -> {
            requireFree(statements, name);
            PreparedStatement update =
                    statements.prepare("UPDATE containers SET name = ?, changed_millis = ? WHERE id = ?");
            update.setString(1, name);
            update.setLong(2, clock.millis());
            update.setString(3, id);
            requireOne(update.executeUpdate(), id);
            return null;
        });
    }

    /** Removes a container's record; says whether there was one. */
    public boolean delete(String id) throws StorageException {
        return database.inTransaction(statements -> {
            PreparedStatement delete = statements.prepare("DELETE FROM containers WHERE id = ?");
            delete.setString(1, id);
            return delete.executeUpdate() > 0;
        });
    }

    /**
     * Finds a container as Docker does: by its whole id, else by its name (with or without the slash), else by a part of
     * the id that only it begins with.
     *
     * @throws StorageException.NotFound if there is none
     * @throws StorageException.Invalid if several ids begin so
     */
    public ContainerRecord resolve(String idOrName) throws StorageException {
        String name = idOrName.startsWith("/") ? idOrName.substring(1) : idOrName;
        return database.inTransaction(statements -> {
            Optional<ContainerRecord> found = one(statements, "id = ?", idOrName);
            if (found.isEmpty()) {
                found = one(statements, "name = ?", name);
            }
            if (found.isEmpty() && Digest.isHexPrefix(idOrName)) {
                found = byPrefix(statements, idOrName);
            }
            return found.orElseThrow(() -> noSuchContainer(idOrName));
        });
    }

    /** By the whole id. */
    public Optional<ContainerRecord> findById(String id) throws StorageException {
        return database.inTransaction(statements -> one(statements, "id = ?", id));
    }

    /** By the name, without a slash. */
    public Optional<ContainerRecord> findByName(String name) throws StorageException {
        return database.inTransaction(statements -> one(statements, "name = ?", name));
    }

    /** All containers, the latest created first. */
    public List<ContainerRecord> list() throws StorageException {
        return database.inTransaction(statements -> {
            PreparedStatement select =
                    statements.prepare("SELECT " + COLUMNS + " FROM containers ORDER BY created_millis DESC, id");
            return read(select);
        });
    }

    private static Optional<ContainerRecord> byPrefix(Statements statements, String prefix)
            throws SQLException, StorageException {
        PreparedStatement select = statements.prepare(
                "SELECT " + COLUMNS + " FROM containers WHERE id >= ? AND id < ? ORDER BY id LIMIT 2");
        select.setString(1, prefix);
        // Sorts behind every digit.
        select.setString(2, prefix + "g");
        List<ContainerRecord> found = read(select);
        if (found.size() > 1) {
            throw new StorageException.Invalid("multiple IDs found with provided prefix: " + prefix);
        }
        return found.stream().findFirst();
    }

    private static Optional<ContainerRecord> one(Statements statements, String condition, String value)
            throws SQLException {
        PreparedStatement select = statements.prepare("SELECT " + COLUMNS + " FROM containers WHERE " + condition);
        select.setString(1, value);
        return read(select).stream().findFirst();
    }

    private static List<ContainerRecord> read(PreparedStatement select) throws SQLException {
        var records = new ArrayList<ContainerRecord>();
        try (ResultSet result = select.executeQuery()) {
            while (result.next()) {
                records.add(new ContainerRecord(
                        result.getString(1),
                        result.getString(2),
                        result.getString(3),
                        Instant.ofEpochMilli(result.getLong(4)),
                        Instant.ofEpochMilli(result.getLong(5))));
            }
        }
        return List.copyOf(records);
    }

    private static void requireFree(Statements statements, String name) throws SQLException, StorageException {
        Optional<ContainerRecord> holder = one(statements, "name = ?", name);
        if (holder.isPresent()) {
            throw new StorageException.Conflict("Conflict. The container name \"/" + name
                    + "\" is already in use by container \"" + holder.get().id()
                    + "\". You have to remove (or rename) that container to be able to reuse that name.");
        }
    }

    private static void requireShort(String json) throws StorageException.Invalid {
        if (json.length() > MAX_DOCUMENT_CHARS) {
            throw new StorageException.Invalid(
                    "the container's configuration is longer than " + MAX_DOCUMENT_CHARS + " characters");
        }
    }

    private static void requireOne(int changed, String id) throws StorageException.NotFound {
        if (changed == 0) {
            throw noSuchContainer(id);
        }
    }

    private static StorageException.NotFound noSuchContainer(String idOrName) {
        return new StorageException.NotFound("No such container: " + idOrName);
    }
}
