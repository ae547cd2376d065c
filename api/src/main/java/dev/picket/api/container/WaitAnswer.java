package dev.picket.api.container;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.picket.service.container.Exit;

/** Answer of wait. */
public record WaitAnswer(int statusCode, @JsonInclude(JsonInclude.Include.NON_NULL) Error error) {
    /** Why it could not be waited for, or how it ended. */
    public record Error(String message) {}

    static WaitAnswer of(Exit exit) {
        return new WaitAnswer(
                exit.status(), exit.error() == null || exit.error().isEmpty() ? null : new Error(exit.error()));
    }
}
