package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import java.util.ArrayList;
import java.util.List;

/** Names of archive members, as lists of components below the root. */
public final class PathNames {
    private static final int MAX_SHOWN = 200;

    private PathNames() {}

    /**
     * Splits a name. Absolute names are taken as relative to the root, as Docker does; {@code .} and empty components
     * vanish; the root itself is the empty list.
     *
     * @throws StorageException.Invalid if {@code ..} climbs above the root, or a limit is exceeded
     */
    public static List<String> components(String name) throws StorageException.Invalid {
        if (name.length() > LayerLimits.MAX_PATH_BYTES) {
            throw new StorageException.Invalid("a name in the archive is longer than " + LayerLimits.MAX_PATH_BYTES
                    + " bytes: " + printable(name));
        }
        var components = new ArrayList<String>();
        int start = 0;
        while (start <= name.length()) {
            int slash = name.indexOf('/', start);
            int end = slash < 0 ? name.length() : slash;
            add(components, name.substring(start, end), name);
            start = end + 1;
        }
        if (components.size() > LayerLimits.MAX_DEPTH) {
            throw new StorageException.Invalid("a name in the archive is more than " + LayerLimits.MAX_DEPTH
                    + " directories deep: " + printable(name));
        }
        return components;
    }

    private static void add(List<String> components, String component, String name) throws StorageException.Invalid {
        if (component.isEmpty() || component.equals(".")) {
            return;
        }
        if (component.equals("..")) {
            if (components.isEmpty()) {
                throw new StorageException.Invalid(
                        "invalid name in the archive: " + printable(name) + " is outside of the root");
            }
            components.remove(components.size() - 1);
            return;
        }
        if (component.length() > LayerLimits.MAX_NAME_BYTES) {
            throw new StorageException.Invalid("a name in the archive has a component longer than "
                    + LayerLimits.MAX_NAME_BYTES + " bytes: " + printable(name));
        }
        components.add(component);
    }

    /** A name from an archive, quoted, shortened, and without anything that a terminal would obey. */
    public static String printable(String name) {
        var text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(name.length(), MAX_SHOWN); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                text.append(String.format("\\x%02x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.append(name.length() > MAX_SHOWN ? "…\"" : "\"").toString();
    }
}
