package dev.picket.service.container;

import java.time.Instant;

/**
 * Which part of a log.
 *
 * @param since null: from the beginning
 * @param until null: to the end
 * @param timestamps whether each line starts with its time, RFC 3339 with nine digits
 * @param tail only that many last lines; negative: all
 */
public record LogQuery(
        boolean follow, boolean stdout, boolean stderr, Instant since, Instant until, boolean timestamps, long tail) {}
