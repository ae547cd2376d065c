package dev.picket.storage.state;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import dev.picket.storage.oci.Reference;
import dev.picket.storage.state.Database.Statements;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The images and their names. */
public final class ImageRecords {
    private final Database database;

    public ImageRecords(Database database) {
        this.database = database;
    }

    /**
     * Adds images, and gives names to them or to others, all or nothing. Images that are there stay as they are; a name in
     * use moves to its new image.
     */
    public void add(Collection<ImageRecord> images, Map<Reference, Digest> names) throws StorageException {
        database.inTransaction(statements -> {
            for (ImageRecord image : images) {
                if (find(statements, image.id()) == null) {
                    insert(statements, image);
                }
            }
            for (Map.Entry<Reference, Digest> name : names.entrySet()) {
                PreparedStatement delete = statements.prepare("DELETE FROM image_names WHERE name = ?");
                delete.setString(1, name.getKey().canonical());
                delete.executeUpdate();
                PreparedStatement insert = statements.prepare("INSERT INTO image_names (name, image_id) VALUES (?, ?)");
                insert.setString(1, name.getKey().canonical());
                insert.setString(2, name.getValue().hex());
                insert.executeUpdate();
            }
            return null;
        });
    }

    private static void insert(Statements statements, ImageRecord image) throws SQLException {
        PreparedStatement insert =
                statements.prepare("INSERT INTO images (id, chain_id, size_bytes, added_millis) VALUES (?, ?, ?, ?)");
        insert.setString(1, image.id().hex());
        insert.setString(2, image.chainId().hex());
        insert.setLong(3, image.sizeBytes());
        insert.setLong(4, image.added().toEpochMilli());
        insert.executeUpdate();
        PreparedStatement layer =
                statements.prepare("INSERT INTO image_layers (image_id, position, diff_id) VALUES (?, ?, ?)");
        for (int i = 0; i < image.layers().size(); i++) {
            layer.setString(1, image.id().hex());
            layer.setInt(2, i);
            layer.setString(3, image.layers().get(i).hex());
            layer.executeUpdate();
        }
    }

    public Optional<ImageRecord> find(Digest id) throws StorageException {
        return Optional.ofNullable(database.inTransaction(statements -> find(statements, id)));
    }

    private static ImageRecord find(Statements statements, Digest id) throws SQLException {
        PreparedStatement select =
                statements.prepare("SELECT chain_id, size_bytes, added_millis FROM images WHERE id = ?");
        select.setString(1, id.hex());
        try (ResultSet result = select.executeQuery()) {
            if (!result.next()) {
                return null;
            }
            return new ImageRecord(
                    id,
                    new Digest(result.getString(1)),
                    result.getLong(2),
                    Instant.ofEpochMilli(result.getLong(3)),
                    layers(statements, id));
        }
    }

    private static List<Digest> layers(Statements statements, Digest id) throws SQLException {
        PreparedStatement select =
                statements.prepare("SELECT diff_id FROM image_layers WHERE image_id = ? ORDER BY position");
        select.setString(1, id.hex());
        var layers = new ArrayList<Digest>();
        try (ResultSet result = select.executeQuery()) {
            while (result.next()) {
                layers.add(new Digest(result.getString(1)));
            }
        }
        return List.copyOf(layers);
    }

    /** All images, the latest added first. */
    public List<ImageRecord> list() throws StorageException {
        return database.inTransaction(statements -> {
            var ids = new ArrayList<Digest>();
            PreparedStatement select = statements.prepare("SELECT id FROM images ORDER BY added_millis DESC, id");
            try (ResultSet result = select.executeQuery()) {
                while (result.next()) {
                    ids.add(new Digest(result.getString(1)));
                }
            }
            var images = new ArrayList<ImageRecord>();
            for (Digest id : ids) {
                images.add(find(statements, id));
            }
            return List.copyOf(images);
        });
    }

    /** The image of a name; its tag or digest must be given. */
    public Optional<Digest> byName(Reference name) throws StorageException {
        return database.inTransaction(statements -> {
            PreparedStatement select = statements.prepare("SELECT image_id FROM image_names WHERE name = ?");
            select.setString(1, name.canonical());
            try (ResultSet result = select.executeQuery()) {
                return result.next() ? Optional.of(new Digest(result.getString(1))) : Optional.empty();
            }
        });
    }

    /** The ids that begin with some hexadecimal digits, at most two: to see that there is more than one. */
    public List<Digest> byPrefix(String hexPrefix) throws StorageException {
        return database.inTransaction(statements -> {
            // A range, which uses the index; 'g' sorts behind every digit.
            PreparedStatement select =
                    statements.prepare("SELECT id FROM images WHERE id >= ? AND id < ? ORDER BY id LIMIT 2");
            select.setString(1, hexPrefix);
            select.setString(2, hexPrefix + "g");
            var ids = new ArrayList<Digest>();
            try (ResultSet result = select.executeQuery()) {
                while (result.next()) {
                    ids.add(new Digest(result.getString(1)));
                }
            }
            return List.copyOf(ids);
        });
    }

    /** The names of an image, in order. */
    public List<Reference> namesOf(Digest id) throws StorageException {
        return database.inTransaction(statements -> {
            PreparedStatement select =
                    statements.prepare("SELECT name FROM image_names WHERE image_id = ? ORDER BY name");
            select.setString(1, id.hex());
            var names = new ArrayList<Reference>();
            try (ResultSet result = select.executeQuery()) {
                while (result.next()) {
                    names.add(Reference.parse(result.getString(1)));
                }
            }
            return List.copyOf(names);
        });
    }

    /** The names of all images. */
    public Map<Digest, List<Reference>> names() throws StorageException {
        return database.inTransaction(statements -> {
            var names = new TreeMap<Digest, List<Reference>>();
            PreparedStatement select = statements.prepare("SELECT image_id, name FROM image_names ORDER BY name");
            try (ResultSet result = select.executeQuery()) {
                while (result.next()) {
                    names.computeIfAbsent(new Digest(result.getString(1)), id -> new ArrayList<>())
                            .add(Reference.parse(result.getString(2)));
                }
            }
            return names;
        });
    }

    /** Removes names; those that are not there are passed over. */
    public void removeNames(Collection<Reference> names) throws StorageException {
        database.inTransaction(statements -> {
            PreparedStatement delete = statements.prepare("DELETE FROM image_names WHERE name = ?");
            for (Reference name : names) {
                delete.setString(1, name.canonical());
                delete.executeUpdate();
            }
            return null;
        });
    }

    /** Removes an image and its names. */
    public void remove(Digest id) throws StorageException {
        database.inTransaction(statements -> {
            for (String sql : List.of(
                    "DELETE FROM image_names WHERE image_id = ?",
                    "DELETE FROM image_layers WHERE image_id = ?",
                    "DELETE FROM images WHERE id = ?")) {
                PreparedStatement delete = statements.prepare(sql);
                delete.setString(1, id.hex());
                delete.executeUpdate();
            }
            return null;
        });
    }

    /** The layers' digests that some image has. */
    public Set<Digest> layersInUse() throws StorageException {
        return digests("SELECT DISTINCT diff_id FROM image_layers");
    }

    /** The chain ids that some image has. */
    public Set<Digest> chainsInUse() throws StorageException {
        return digests("SELECT DISTINCT chain_id FROM images");
    }

    private Set<Digest> digests(String sql) throws StorageException {
        return database.inTransaction(statements -> {
            var digests = new TreeSet<Digest>();
            try (ResultSet result = statements.prepare(sql).executeQuery()) {
                while (result.next()) {
                    digests.add(new Digest(result.getString(1)));
                }
            }
            return digests;
        });
    }

    /** Makes all changes so far durable. */
    public void sync() throws StorageException {
        database.sync();
    }
}
