package dev.picket.api.stream;

import dev.picket.api.version.ApiVersion;
import org.springframework.http.MediaType;

/** Names of Docker's stream formats. */
public final class StreamContentType {
    public static final MediaType RAW = new MediaType("application", "vnd.docker.raw-stream");
    public static final MediaType MULTIPLEXED = new MediaType("application", "vnd.docker.multiplexed-stream");

    private StreamContentType() {}

    /** What a stream is called; the bytes are the same under both names. */
    public static MediaType of(ApiVersion version, StreamFraming framing) {
        return framing == StreamFraming.FRAMED && version.namesMultiplexedStreams() ? MULTIPLEXED : RAW;
    }
}
