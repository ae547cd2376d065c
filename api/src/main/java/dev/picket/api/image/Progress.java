package dev.picket.api.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/** One line of a progress stream: what was done, or what went wrong. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Progress(
        @JsonProperty("status") String status,
        @JsonProperty("stream") String stream,
        @JsonProperty("error") String error,
        @JsonProperty("errorDetail") Detail errorDetail) {

    /** An error, as newer clients read it. */
    public record Detail(@JsonProperty("message") String message) {}

    static Progress status(String status) {
        return new Progress(status, null, null, null);
    }

    static Progress stream(String text) {
        return new Progress(null, text, null, null);
    }
}
