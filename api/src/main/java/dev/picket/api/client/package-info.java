/**
 * A small HTTP/1.1 client of Docker's API, with nothing but the JDK and Jackson's streaming parser: the command line must
 * answer in a fraction of a second. {@link dev.picket.api.client.ApiClient} is the front door.
 *
 * <p>A {@link dev.picket.api.client.RawStream} may be read by one thread and written by another; nothing else is shared.
 */
package dev.picket.api.client;
