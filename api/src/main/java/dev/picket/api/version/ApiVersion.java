package dev.picket.api.version;

import java.util.regex.Pattern;
import org.springframework.web.server.ServerWebExchange;

/** A version of the Docker API, such as 1.51. */
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
    /** What we speak. */
    public static final ApiVersion MAXIMUM = new ApiVersion(1, 51);
    /** The oldest that we still accept. */
    public static final ApiVersion MINIMUM = new ApiVersion(1, 24);

    private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,6})(?:\\.([0-9]{1,6}))?");
    private static final String ATTRIBUTE = ApiVersion.class.getName();

    /** Parses "1.51". Returns null if the text is no version. */
    public static ApiVersion parse(String text) {
        var matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        int minor = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return new ApiVersion(Integer.parseInt(matcher.group(1)), minor);
    }

    /** The version that the client asked for in the path; without one it is ours. */
    public static ApiVersion of(ServerWebExchange exchange) {
        return exchange.getAttributeOrDefault(ATTRIBUTE, MAXIMUM);
    }

    void attachTo(ServerWebExchange exchange) {
        exchange.getAttributes().put(ATTRIBUTE, this);
    }

    public boolean atLeast(int major, int minor) {
        return compareTo(new ApiVersion(major, minor)) >= 0;
    }

    /** Since 1.42 a stream without a terminal says by its content type that it is framed. */
    public boolean namesMultiplexedStreams() {
        return atLeast(1, 42);
    }

    /** Since 1.30 {@code wait} answers its headers at once. */
    public boolean flushesWaitHeaders() {
        return atLeast(1, 30);
    }

    @Override
    public int compareTo(ApiVersion other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
