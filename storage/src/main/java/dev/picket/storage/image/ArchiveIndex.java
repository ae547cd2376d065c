package dev.picket.storage.image;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.FileData;
import dev.picket.storage.layer.PathNames;
import dev.picket.storage.layer.TarEntry;
import dev.picket.storage.layer.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The files of an archive of images, by path. Nothing is unpacked; paths mean nothing outside the archive. */
final class ArchiveIndex {
    private static final int MAX_FILES = 100_000;
    private static final int MAX_LINKS_FOLLOWED = 8;

    private final Map<String, FileData> files = new HashMap<>();
    /** By path: the path they lead to. Docker wrote links for layers that images share. */
    private final Map<String, String> links = new HashMap<>();

    private ArchiveIndex() {}

    static ArchiveIndex of(FileChannel archive) throws IOException, StorageException {
        var index = new ArchiveIndex();
        var reader = new TarReader(archive, true);
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            String path = clean(entry.name());
            switch (entry.type()) {
                case REGULAR -> index.files.put(path, entry.data());
                case SYMBOLIC_LINK -> index.links.put(path, clean(parent(path) + "/" + entry.linkName()));
                case HARD_LINK -> index.links.put(path, clean(entry.linkName()));
                default -> {
                    // Directories say nothing, and an archive of images has no use for devices.
                }
            }
            if (index.files.size() + index.links.size() > MAX_FILES) {
                throw new StorageException.Invalid("the archive has more than " + MAX_FILES + " files");
            }
        }
        return index;
    }

    private static String clean(String path) throws StorageException {
        return String.join("/", PathNames.components(path));
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    Optional<FileData> find(String path) throws StorageException {
        String current = clean(path);
        for (int i = 0; i <= MAX_LINKS_FOLLOWED; i++) {
            FileData data = files.get(current);
            if (data != null) {
                return Optional.of(data);
            }
            current = links.get(current);
            if (current == null) {
                return Optional.empty();
            }
        }
        throw new StorageException.Invalid("too many links in the archive at " + PathNames.printable(path));
    }

    FileData require(String path) throws StorageException {
        return find(path)
                .orElseThrow(
                        () -> new StorageException.Invalid("the archive lacks the file " + PathNames.printable(path)));
    }

    /** A document; what is longer than {@code limitBytes} is refused. */
    byte[] read(String path, int limitBytes) throws IOException, StorageException {
        FileData data = require(path);
        if (data.sizeBytes() > limitBytes) {
            throw new StorageException.Invalid("the file " + PathNames.printable(path)
                    + " in the archive is longer than " + limitBytes + " bytes");
        }
        try (InputStream stream = data.stream()) {
            return stream.readAllBytes();
        }
    }
}
