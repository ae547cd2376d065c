package dev.picket.storage.oci;

import dev.picket.storage.failure.StorageException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 of some content, which names it. Other algorithms are not in use.
 *
 * @param hex 64 lower-case hexadecimal digits; safe as a file name
 */
public record Digest(String hex) implements Comparable<Digest> {
    private static final String PREFIX = "sha256:";
    private static final int HEX_LENGTH = 64;

    public Digest {
        if (!isHex(hex)) {
            throw new IllegalArgumentException("not the hexadecimal form of a SHA-256: " + hex);
        }
    }

    /** Parses {@code sha256:…}. */
    public static Digest parse(String text) throws StorageException.Invalid {
        if (text == null || !text.startsWith(PREFIX) || !isHex(text.substring(PREFIX.length()))) {
            throw new StorageException.Invalid("invalid digest: " + text);
        }
        return new Digest(text.substring(PREFIX.length()));
    }

    /** The digest of {@code content}. */
    public static Digest of(byte[] content) {
        return finished(newMessageDigest().digest(content));
    }

    /** Wraps the 32 bytes of a finished SHA-256. */
    public static Digest finished(byte[] sha256) {
        return new Digest(HexFormat.of().formatHex(sha256));
    }

    /** A fresh SHA-256 to feed. */
    public static MessageDigest newMessageDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether {@code text} is 64 lower-case hexadecimal digits. */
    public static boolean isHex(String text) {
        return text.length() == HEX_LENGTH && isHexPrefix(text);
    }

    /** Whether {@code text} is 1 to 64 lower-case hexadecimal digits. */
    public static boolean isHexPrefix(String text) {
        if (text.isEmpty() || text.length() > HEX_LENGTH) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
                return false;
            }
        }
        return true;
    }

    /** The 32 bytes. */
    public byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    /** The first twelve digits, as Docker shows them to people. */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    @Override
    public int compareTo(Digest other) {
        return hex.compareTo(other.hex);
    }

    @Override
    public String toString() {
        return PREFIX + hex;
    }
}
