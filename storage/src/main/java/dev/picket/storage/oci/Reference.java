package dev.picket.storage.oci;

import dev.picket.storage.failure.StorageException;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A name of an image: {@code [domain/]path[:tag][@digest]}.
 *
 * <p>Kept in full ({@code docker.io/library/busybox:latest}), shown as Docker shows it ({@code busybox:latest}).
 *
 * @param domain the registry, {@code docker.io} if none was given
 * @param path the repository inside the registry
 * @param tag empty if there is none
 * @param digest empty if there is none, else {@code sha256:…}
 */
public record Reference(String domain, String path, String tag, String digest) implements Comparable<Reference> {
    private static final String DEFAULT_DOMAIN = "docker.io";
    private static final String LEGACY_DEFAULT_DOMAIN = "index.docker.io";
    private static final String OFFICIAL = "library/";
    private static final String DEFAULT_TAG = "latest";
    private static final int MAX_NAME_LENGTH = 255;

    // The grammar of github.com/distribution/reference.
    private static final String DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final Pattern DOMAIN = Pattern.compile(
            "(?:" + DOMAIN_COMPONENT + "(?:\\." + DOMAIN_COMPONENT + ")*|\\[[a-fA-F0-9:]+])(?::[0-9]+)?");
    private static final String PATH_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    private static final Pattern PATH = Pattern.compile(PATH_COMPONENT + "(?:/" + PATH_COMPONENT + ")*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

    public Reference {
        Objects.requireNonNull(domain);
        Objects.requireNonNull(path);
        Objects.requireNonNull(tag);
        Objects.requireNonNull(digest);
    }

    /** Parses what a user wrote, filling in Docker's default registry; adds no tag. */
    public static Reference parse(String text) throws StorageException.Invalid {
        // The grammar's patterns backtrack little, but there is no reason to run them over a megabyte.
        if (text == null || text.isEmpty() || text.length() > 2 * MAX_NAME_LENGTH + 128) {
            throw new StorageException.Invalid("invalid reference format");
        }
        if (Digest.isHex(text)) {
            throw new StorageException.Invalid(
                    "invalid repository name (" + text + "), cannot specify 64-byte hexadecimal strings");
        }
        String name = text;
        String digest = "";
        int at = name.indexOf('@');
        if (at >= 0) {
            digest = Digest.parse(name.substring(at + 1)).toString();
            name = name.substring(0, at);
        }
        String tag = "";
        int colon = name.lastIndexOf(':');
        if (colon > name.lastIndexOf('/')) {
            tag = name.substring(colon + 1);
            name = name.substring(0, colon);
            if (!TAG.matcher(tag).matches()) {
                throw new StorageException.Invalid("invalid reference format");
            }
        }
        return normalized(name, tag, digest);
    }

    private static Reference normalized(String name, String tag, String digest) throws StorageException.Invalid {
        String domain = DEFAULT_DOMAIN;
        String path = name;
        int slash = name.indexOf('/');
        if (slash >= 0 && isDomain(name.substring(0, slash))) {
            domain = name.substring(0, slash);
            path = name.substring(slash + 1);
        }
        if (domain.equals(LEGACY_DEFAULT_DOMAIN)) {
            domain = DEFAULT_DOMAIN;
        }
        if (domain.equals(DEFAULT_DOMAIN) && path.indexOf('/') < 0) {
            path = OFFICIAL + path;
        }
        if (!path.equals(path.toLowerCase(Locale.ROOT))) {
            throw new StorageException.Invalid(
                    "invalid reference format: repository name (" + path + ") must be lowercase");
        }
        if (!PATH.matcher(path).matches() || !DOMAIN.matcher(domain).matches()) {
            throw new StorageException.Invalid("invalid reference format");
        }
        if (domain.length() + 1 + path.length() > MAX_NAME_LENGTH) {
            throw new StorageException.Invalid(
                    "invalid reference format: repository name must not be more than 255 characters");
        }
        return new Reference(domain, path, tag, digest);
    }

    /** Docker tells a registry from a first path component by a dot, a colon, a capital, or its being localhost. */
    private static boolean isDomain(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
    }

    /** This, with {@code :latest} if it has neither tag nor digest. */
    public Reference tagged() {
        return tag.isEmpty() && digest.isEmpty() ? withTag(DEFAULT_TAG) : this;
    }

    /** This repository with another tag and no digest. */
    public Reference withTag(String newTag) {
        return new Reference(domain, path, newTag, "");
    }

    /** This repository with a digest and no tag. */
    public Reference withDigest(Digest newDigest) {
        return new Reference(domain, path, "", newDigest.toString());
    }

    /** The name without tag and digest, in full: {@code docker.io/library/busybox}. */
    public String repository() {
        return domain + "/" + path;
    }

    /** The name without tag and digest, as Docker shows it: {@code busybox}. */
    public String familiarRepository() {
        if (!domain.equals(DEFAULT_DOMAIN)) {
            return repository();
        }
        boolean official = path.startsWith(OFFICIAL) && path.indexOf('/', OFFICIAL.length()) < 0;
        if (official && !isDomain(path.substring(OFFICIAL.length()))) {
            return path.substring(OFFICIAL.length());
        }
        return path;
    }

    /** As Docker shows it: {@code busybox:latest}. */
    public String familiar() {
        return familiarRepository() + suffix();
    }

    /** In full; {@link #parse} reads it back as the same reference. */
    public String canonical() {
        return repository() + suffix();
    }

    private String suffix() {
        return (tag.isEmpty() ? "" : ":" + tag) + (digest.isEmpty() ? "" : "@" + digest);
    }

    @Override
    public int compareTo(Reference other) {
        return canonical().compareTo(other.canonical());
    }

    @Override
    public String toString() {
        return familiar();
    }
}
