package dev.picket.api.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.http.HttpHeaders;

/** The rules: whom a connection is refused, and why. */
public final class LocalAccess {
    private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9a-f:.]+]|[^:]*)(?::[0-9]{1,5})?");
    private static final Pattern ORIGIN = Pattern.compile("https?://(.*)");

    private final int ownUserId;

    /** @param ownUserId who, beside root, may use the unix socket */
    public LocalAccess(int ownUserId) {
        this.ownUserId = ownUserId;
    }

    /** For the user that this process runs as. */
    public static LocalAccess ofThisProcess() throws IOException {
        return new LocalAccess((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /** Why a request is refused; empty if it is not. */
    public Optional<String> refusal(Peer peer, HttpHeaders headers) {
        if (peer instanceof Peer.Process process) {
            return process.userId() == ownUserId || process.userId() == 0
                    ? Optional.empty()
                    : Optional.of("permission denied: user " + process.userId() + " may not use this socket");
        }
        if (peer instanceof Peer.Network network) {
            if (!network.address().getAddress().isLoopbackAddress()) {
                return Optional.of("permission denied: only clients of this machine may connect");
            }
            return browserRefusal(headers);
        }
        return Optional.of("permission denied: unknown peer");
    }

    /**
     * What only a browser does: a page of some site whose name was made to resolve to 127.0.0.1 (DNS rebinding) sends that
     * name as Host; a page that posts to us from elsewhere sends its Origin. No other client is allowed to look so.
     */
    private static Optional<String> browserRefusal(HttpHeaders headers) {
        List<String> hosts = headers.getOrDefault(HttpHeaders.HOST, List.of());
        if (hosts.size() != 1 || !isLoopbackName(hosts.get(0))) {
            return Optional.of("permission denied: not a name of this machine in the Host header");
        }
        for (String origin : headers.getOrDefault(HttpHeaders.ORIGIN, List.of())) {
            Matcher matcher = ORIGIN.matcher(origin);
            // The whole authority, port included, must be ours: another port of localhost is another origin.
            if (!matcher.matches() || !matcher.group(1).equalsIgnoreCase(hosts.get(0))) {
                return Optional.of("permission denied: cross-origin request");
            }
        }
        for (String site : headers.getOrDefault("Sec-Fetch-Site", List.of())) {
            if (!site.equals("same-origin") && !site.equals("none")) {
                return Optional.of("permission denied: cross-site request");
            }
        }
        return Optional.empty();
    }

    private static boolean isLoopbackName(String authority) {
        Matcher matcher = AUTHORITY.matcher(authority.toLowerCase(Locale.ROOT));
        return matcher.matches() && LOOPBACK_NAMES.contains(matcher.group(1));
    }
}
