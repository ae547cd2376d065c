package dev.picket.api.command;

import dev.picket.api.client.ApiClient;
import dev.picket.api.listen.ListenAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/** The file in which a service writes down where it listens: one address a line. */
record ServiceAddresses(Path file) {
    void write(List<ListenAddress> addresses) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.write(temporary, addresses.stream().map(ListenAddress::toString).toList());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void remove() throws IOException {
        Files.deleteIfExists(file);
    }

    /** The first address at which somebody answers. What a killed service left behind counts as nothing. */
    Optional<ApiClient> findService() throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        for (String line : lines) {
            try {
                var client = new ApiClient(ListenAddress.parse(line));
                if (client.canConnect()) {
                    return Optional.of(client);
                }
            } catch (IllegalArgumentException e) {
                throw new IOException(file + " is damaged: " + e.getMessage(), e);
            }
        }
        return Optional.empty();
    }
}
