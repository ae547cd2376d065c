package dev.picket.storage.state;

import java.time.Instant;

/**
 * A container as it is kept: what it means is in the document, which only the service reads.
 *
 * @param id 64 hexadecimal digits
 * @param name without Docker's leading slash; no two containers share one
 * @param json at most {@link ContainerRecords#MAX_DOCUMENT_CHARS}
 * @param created to the millisecond
 * @param changed when the document or the name was last changed, to the millisecond
 */
public record ContainerRecord(String id, String name, String json, Instant created, Instant changed) {}
