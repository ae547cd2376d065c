/**
 * The words of the Open Container Initiative and of Docker: names of images, digests, configurations, manifests. Values
 * only: nothing here touches a disk. No locks.
 */
package dev.picket.storage.oci;
