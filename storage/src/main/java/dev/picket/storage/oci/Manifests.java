package dev.picket.storage.oci;

import com.fasterxml.jackson.databind.JsonNode;
import dev.picket.storage.failure.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the documents that tie an image's parts together: OCI indexes and manifests, and Docker's manifest.json. */
public final class Manifests {
    private static final int MAX_IMAGES = 1024;
    private static final int MAX_LAYERS = 1024;

    private Manifests() {}

    /**
     * A pointer to content, with what is known about it before it is read.
     *
     * @param platform null if the pointer does not say
     * @param name the image's name from the annotations, empty if there is none
     */
    public record Descriptor(String mediaType, Digest digest, long sizeBytes, ImagePlatform platform, String name) {
        /** Whether it points to another index. */
        public boolean isIndex() {
            return mediaType.contains("image.index") || mediaType.contains("manifest.list");
        }

        /** Whether it points to an image's manifest, not to an attestation or something else. */
        public boolean isManifest() {
            return mediaType.contains("image.manifest") || mediaType.contains("distribution.manifest.v2");
        }
    }

    /** The parts of one image. */
    public record Manifest(Descriptor config, List<Descriptor> layers) {}

    /**
     * One image of a {@code docker save} archive; all but the tags are paths inside the archive.
     *
     * @param tags as written, such as {@code busybox:latest}
     */
    public record SavedImage(String config, List<String> tags, List<String> layers) {}

    /** Parses an OCI index or Docker manifest list. */
    public static List<Descriptor> parseIndex(byte[] json) throws StorageException.Invalid {
        JsonNode root = ConfigJson.object(json, "image index");
        var descriptors = new ArrayList<Descriptor>();
        for (JsonNode entry : root.path("manifests")) {
            descriptors.add(descriptor(entry));
            if (descriptors.size() > MAX_IMAGES) {
                throw new StorageException.Invalid("invalid image index: more than " + MAX_IMAGES + " entries");
            }
        }
        return List.copyOf(descriptors);
    }

    /** Parses an OCI or Docker manifest. */
    public static Manifest parseManifest(byte[] json) throws StorageException.Invalid {
        JsonNode root = ConfigJson.object(json, "image manifest");
        var layers = new ArrayList<Descriptor>();
        for (JsonNode entry : root.path("layers")) {
            layers.add(descriptor(entry));
            if (layers.size() > MAX_LAYERS) {
                throw new StorageException.Invalid("invalid image manifest: more than " + MAX_LAYERS + " layers");
            }
        }
        return new Manifest(descriptor(root.path("config")), List.copyOf(layers));
    }

    /** Parses the {@code manifest.json} of a {@code docker save} archive. */
    public static List<SavedImage> parseSavedImages(byte[] json) throws StorageException.Invalid {
        JsonNode root = ConfigJson.any(json, "manifest.json");
        if (!root.isArray() || root.size() > MAX_IMAGES) {
            throw new StorageException.Invalid(
                    "invalid manifest.json: not an array of at most " + MAX_IMAGES + " images");
        }
        var images = new ArrayList<SavedImage>();
        for (JsonNode entry : root) {
            String config = entry.path("Config").asText("");
            List<String> layers = orEmpty(ConfigJson.strings(entry.path("Layers"), "Layers"));
            if (config.isEmpty() || layers.size() > MAX_LAYERS) {
                throw new StorageException.Invalid(
                        "invalid manifest.json: an image without Config, or with more than " + MAX_LAYERS + " layers");
            }
            List<String> tags = orEmpty(ConfigJson.strings(entry.path("RepoTags"), "RepoTags"));
            images.add(new SavedImage(config, tags, layers));
        }
        return List.copyOf(images);
    }

    /** The first descriptor for {@code wanted}, else the first that does not say what it is for. */
    public static Optional<Descriptor> choose(List<Descriptor> descriptors, ImagePlatform wanted) {
        Descriptor unspecified = null;
        for (Descriptor descriptor : descriptors) {
            if (descriptor.platform() != null && wanted.accepts(descriptor.platform())) {
                return Optional.of(descriptor);
            }
            if (descriptor.platform() == null && unspecified == null) {
                unspecified = descriptor;
            }
        }
        return Optional.ofNullable(unspecified);
    }

    private static Descriptor descriptor(JsonNode node) throws StorageException.Invalid {
        JsonNode annotations = node.path("annotations");
        // containerd writes the full name; the OCI annotation may hold no more than a tag.
        String name = annotations.path("io.containerd.image.name").asText("");
        if (name.isEmpty()) {
            name = annotations.path("org.opencontainers.image.ref.name").asText("");
        }
        JsonNode platform = node.path("platform");
        return new Descriptor(
                node.path("mediaType").asText(""),
                Digest.parse(node.path("digest").asText("")),
                node.path("size").asLong(0),
                platform.isObject()
                        ? new ImagePlatform(
                                platform.path("os").asText(""),
                                platform.path("architecture").asText(""),
                                platform.path("variant").asText(""))
                        : null,
                name);
    }

    private static List<String> orEmpty(List<String> list) {
        return list == null ? List.of() : list;
    }
}
