/**
 * What Picket keeps on disk. {@link dev.picket.storage.Storage} opens it; {@link dev.picket.storage.image.Images} and
 * {@link dev.picket.storage.state.ContainerRecords} are what the service works with.
 */
package dev.picket.storage;
