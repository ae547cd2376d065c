package dev.picket.storage.state;

import dev.picket.storage.failure.StorageException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import org.h2.Driver;

/**
 * One connection to the database, lent to one thread at a time: statements take some ten microseconds, so that waiting
 * for each other costs less than a pool.
 */
public final class Database implements AutoCloseable {
    /** How long a change may stay in memory only. H2 looks ten times as often, also when there is nothing to write. */
    public static final int WRITE_DELAY_MILLIS = 200;

    // Only our own lock on the data directory guards against other processes: H2's would start a watchdog thread.
    // Closing on exit is the service's business. The compaction at close is bounded.
    private static final String SETTINGS = ";FILE_LOCK=NO;DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=" + WRITE_DELAY_MILLIS
            + ";MAX_COMPACT_TIME=50;CACHE_SIZE=4096;TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0";

    private final ReentrantLock lock = new ReentrantLock();
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private Database(Connection connection) {
        this.connection = connection;
    }

    /** Opens the database in {@code directory}, making it or bringing it up to date. */
    public static Database open(Path directory) throws StorageException {
        String path = directory.resolve("picket").toString();
        // A semicolon would begin a setting of H2's, such as one that runs a script.
        if (path.indexOf(';') >= 0) {
            throw new StorageException.Invalid("the data directory's name must not hold a semicolon: " + directory);
        }
        Connection connection = null;
        try {
            var properties = new Properties();
            properties.setProperty("user", "picket");
            properties.setProperty("password", "");
            connection = new Driver().connect("jdbc:h2:file:" + path + SETTINGS, properties);
            Migrations.apply(connection);
            connection.setAutoCommit(false);
            return new Database(connection);
        } catch (SQLException e) {
            closeQuietly(connection, e);
            throw new StorageException.Corrupt("the database " + path + " cannot be opened: " + e.getMessage(), e);
        } catch (StorageException e) {
            closeQuietly(connection, e);
            throw e;
        }
    }

    private static void closeQuietly(Connection connection, Exception primary) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            primary.addSuppressed(e);
        }
    }

    /** What is done in one transaction. */
    @FunctionalInterface
    interface Work<T> {
        T run(Statements statements) throws SQLException, StorageException;
    }

    /** Prepared statements by their text; kept from call to call, and not to be closed. */
    @FunctionalInterface
    interface Statements {
        PreparedStatement prepare(String sql) throws SQLException;
    }

    /**
     * Runs {@code work} in a transaction, which its failure undoes.
     *
     * @throws StorageException.Failed for an error of the database
     */
    <T> T inTransaction(Work<T> work) throws StorageException {
        lock.lock();
        try {
            boolean done = false;
            try {
                T result = work.run(this::statement);
                connection.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    connection.rollback();
                }
            }
        } catch (SQLException e) {
            throw new StorageException.Failed("the database failed: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    private PreparedStatement statement(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    /** Returns when all changes so far would survive a power failure. */
    public void sync() throws StorageException {
        lock.lock();
        try (Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT SYNC");
        } catch (SQLException e) {
            throw new StorageException.Failed("the database failed: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is outstanding and closes. */
    @Override
    public void close() throws StorageException {
        lock.lock();
        try {
            connection.close();
        } catch (SQLException e) {
            throw new StorageException.Failed("closing the database: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }
}
