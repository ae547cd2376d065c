package dev.picket.storage;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.image.HostImage;
import dev.picket.storage.image.Images;
import dev.picket.storage.layer.LayerLimits;
import dev.picket.storage.state.ContainerRecords;
import dev.picket.storage.state.Database;
import dev.picket.storage.state.ImageRecords;
import dev.picket.storage.store.ContentStore;
import dev.picket.storage.store.DataDirectory;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/** All storage of one service: its data directory, locked, and what is in it. */
public final class Storage implements AutoCloseable {
    private final DataDirectory directory;
    private final Database database;
    private final Images images;
    private final ContainerRecords containers;

    private Storage(DataDirectory directory, Database database, Images images, ContainerRecords containers) {
        this.directory = directory;
        this.database = database;
        this.images = images;
        this.containers = containers;
    }

    /**
     * How to open it.
     *
     * @param directory made if it is not there
     * @param hostImage whether there is the built-in image {@code host}
     */
    public record Settings(Path directory, LayerLimits limits, boolean hostImage, Clock clock) {
        /** With everything as usual. */
        public static Settings at(Path directory) {
            return new Settings(directory, LayerLimits.defaults(), true, Clock.systemUTC());
        }
    }

    /**
     * Opens the data directory and clears away what a crash has left.
     *
     * @throws StorageException.Locked if another service has it
     * @throws StorageException.Corrupt if the database cannot be read
     */
    public static Storage open(Settings settings) throws StorageException {
        DataDirectory directory = DataDirectory.open(settings.directory());
        Database database = null;
        try {
            database = Database.open(directory.stateDirectory());
            Optional<HostImage> hostImage = settings.hostImage()
                    ? Optional.of(HostImage.open(Path.of("/"), directory.hostDirectory()))
                    : Optional.empty();
            Images images = Images.open(
                    new ContentStore(directory),
                    new ImageRecords(database),
                    settings.limits(),
                    hostImage,
                    settings.clock());
            return new Storage(directory, database, images, new ContainerRecords(database, settings.clock()));
        } catch (StorageException | RuntimeException e) {
            try (DataDirectory closed = directory;
                    Database closedFirst = database) {
                throw e;
            }
        }
    }

    public Images images() {
        return images;
    }

    public ContainerRecords containers() {
        return containers;
    }

    /** Where containers' logs go. */
    public DataDirectory directory() {
        return directory;
    }

    /** Writes what is outstanding, and lets another service have the directory. */
    @Override
    public void close() throws StorageException {
        try (DataDirectory closedLast = directory) {
            database.close();
        }
    }
}
