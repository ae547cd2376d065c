package dev.picket.api.listen;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An address to listen on or to connect to. A closed set. */
public sealed interface ListenAddress {
    /** A unix socket; {@code path} is absolute. */
    record Unix(Path path) implements ListenAddress {
        /** What {@code sun_path} holds, without the final zero; unix(7). */
        private static final int PATH_MAX_BYTES = 107;

        public Unix {
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("the path of a unix socket must be absolute: " + path);
            }
            if (path.toString().getBytes(StandardCharsets.UTF_8).length > PATH_MAX_BYTES) {
                throw new IllegalArgumentException(
                        "the path of a unix socket may have at most " + PATH_MAX_BYTES + " bytes: " + path);
            }
        }

        @Override
        public String toString() {
            return "unix://" + path;
        }
    }

    /** A TCP port of the loopback; {@code port} 0 lets the kernel choose. */
    record Tcp(InetSocketAddress address) implements ListenAddress {
        @Override
        public String toString() {
            String host = address.getAddress().getHostAddress();
            return "tcp://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
        }
    }

    /**
     * Parses {@code unix:///path} or {@code tcp://ADDRESS:PORT}.
     *
     * @throws IllegalArgumentException with a message for the user. Also for a TCP address other than the loopback's:
     *     there is no authentication yet, and whoever reaches the port can start programs.
     */
    static ListenAddress parse(String text) {
        if (text.startsWith("unix://")) {
            try {
                return new Unix(Path.of(text.substring("unix://".length())));
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("not a path: " + text);
            }
        }
        if (text.startsWith("tcp://")) {
            return parseTcp(text);
        }
        throw new IllegalArgumentException("not an address: '" + text + "'; use unix:///path or tcp://127.0.0.1:PORT");
    }

    private static Tcp parseTcp(String text) {
        Matcher matcher = Pattern.compile("tcp://(\\[[0-9a-fA-F:.]+]|[^:/\\[\\]]+):([0-9]{1,5})/?")
                .matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65535) {
            throw new IllegalArgumentException("not an address: '" + text + "'; use tcp://127.0.0.1:PORT");
        }
        String host = matcher.group(1);
        int port = Integer.parseInt(matcher.group(2));

        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("unknown host in '" + text + "'");
        }
        if (!address.isLoopbackAddress()) {
            throw new IllegalArgumentException("refusing to listen on '" + text
                    + "': only addresses of the loopback are allowed, because TCP has no authentication");
        }
        return new Tcp(new InetSocketAddress(address, port));
    }
}
