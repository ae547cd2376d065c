package dev.picket.storage.state;

import dev.picket.storage.failure.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Brings a database up to date: scripts beside this class, run in order, each once. A script that was released is never
 * changed; what is to change comes in a new one, at the end of the list.
 */
final class Migrations {
    private static final List<String> SCRIPTS = List.of("1-images-and-containers.sql");

    private Migrations() {}

    /** @throws StorageException.Invalid if a newer version of Picket has written the database */
    static void apply(Connection connection) throws SQLException, StorageException {
        int applied;
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
            try (ResultSet result = statement.executeQuery("SELECT COALESCE(MAX(version), 0) FROM schema_version")) {
                result.next();
                applied = result.getInt(1);
            }
        }
        if (applied > SCRIPTS.size()) {
            throw new StorageException.Invalid("the data directory was written by a newer version of Picket (schema "
                    + applied + ", this one knows " + SCRIPTS.size() + ")");
        }
        for (int version = applied + 1; version <= SCRIPTS.size(); version++) {
            apply(connection, version, SCRIPTS.get(version - 1));
        }
    }

    private static void apply(Connection connection, int version, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // H2 commits each CREATE at once, so a start that was cut short leaves half a script: hence IF NOT EXISTS.
            for (String sql : read(script).split(";")) {
                if (!sql.isBlank()) {
                    statement.execute(sql);
                }
            }
        }
        try (PreparedStatement record = connection.prepareStatement("INSERT INTO schema_version VALUES (?)")) {
            record.setInt(1, version);
            record.executeUpdate();
        }
    }

    private static String read(String script) {
        try (InputStream stream = Migrations.class.getResourceAsStream(script)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the program lacks " + script, e);
        }
    }
}
