/**
 * Images: the front door of the storage module for the service. {@link dev.picket.storage.image.Images} receives, lists,
 * names and deletes them, and says what a sandbox's root is made of.
 *
 * <p>Lock order: {@code building} (one archive is unpacked at a time, which bounds the memory that trees take), then
 * {@code changes} (nothing is deleted while something is added), then the database.
 */
package dev.picket.storage.image;
