package dev.picket.storage.oci;

import dev.picket.storage.failure.StorageException;
import java.util.Locale;

/**
 * The machine that an image is for, in Go's names.
 *
 * @param os {@code linux}
 * @param architecture {@code amd64}
 * @param variant {@code v8} and the like; mostly empty
 */
public record ImagePlatform(String os, String architecture, String variant) {
    /** The one that Picket runs. */
    public static final ImagePlatform LINUX_AMD64 = new ImagePlatform("linux", "amd64", "");

    /** Parses {@code os[/architecture[/variant]]}, or an architecture alone; empty means linux/amd64. */
    public static ImagePlatform parse(String text) throws StorageException.Invalid {
        if (text == null || text.isEmpty()) {
            return LINUX_AMD64;
        }
        String[] parts = text.toLowerCase(Locale.ROOT).split("/", -1);
        for (String part : parts) {
            if (!part.matches("[a-z0-9_.-]{1,32}")) {
                throw new StorageException.Invalid("\"" + text + "\" is an invalid OS or architecture");
            }
        }
        return switch (parts.length) {
            case 1 -> parts[0].equals("linux") ? LINUX_AMD64 : new ImagePlatform("linux", architecture(parts[0]), "");
            case 2 -> new ImagePlatform(parts[0], architecture(parts[1]), "");
            case 3 -> new ImagePlatform(parts[0], architecture(parts[1]), parts[2]);
            default -> throw new StorageException.Invalid("\"" + text + "\" is an invalid OS or architecture");
        };
    }

    private static String architecture(String name) {
        return switch (name) {
            case "x86_64", "x86-64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> name;
        };
    }

    /** Whether an image for {@code other} can be given to someone who asked for this. */
    public boolean accepts(ImagePlatform other) {
        return os.equals(other.os) && architecture.equals(other.architecture);
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
