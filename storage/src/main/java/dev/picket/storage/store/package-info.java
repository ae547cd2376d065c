/**
 * Files on disk, by content: the only place that knows what is where under the data directory.
 *
 * <pre>
 * lock              held while a service runs
 * staging/          what is being received; emptied at start
 * blobs/sha256/HEX  layer archives (uncompressed) and image configurations
 * roots/HEX.erofs   file systems of images, by chain id; can be made again from the layers
 * state/            the database
 * host/             files that the built-in image synthesises
 * containers/ID/    logs, one directory for each container
 * </pre>
 *
 * <p>What appears under a digest is complete: it is written in {@code staging}, synced, and renamed. No locks but the
 * file {@code lock}; whoever deletes content makes sure that nobody adds it at the same time.
 */
package dev.picket.storage.store;
