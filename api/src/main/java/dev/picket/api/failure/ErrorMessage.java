package dev.picket.api.failure;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Docker's error body. */
public record ErrorMessage(@JsonProperty("message") String message) {}
