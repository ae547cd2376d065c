/**
 * Metadata in a database: which images there are and what they are called, and a JSON document for each container.
 *
 * <p>H2, embedded, by plain JDBC and SQL that PostgreSQL understands too. Durability: a change is in the file within
 * {@link dev.picket.storage.state.Database#WRITE_DELAY_MILLIS} ms, and survives the end of the process from then on;
 * {@link dev.picket.storage.state.Database#sync} makes everything so far survive a power failure. Images sync, containers do not:
 * a container's record is of little use after the machine went down with the container.
 *
 * <p>Lock order: the database's lock is the last; nothing else is locked while it is held.
 */
package dev.picket.storage.state;
