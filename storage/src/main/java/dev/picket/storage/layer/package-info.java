/**
 * Layers: tar archives that add to, change and hide what the layers below them hold.
 *
 * <p><b>Nothing here ever makes a host file whose name comes from an archive.</b> An archive is stored under its digest;
 * {@link dev.picket.storage.layer.TarReader} reads its headers, {@link dev.picket.storage.layer.LayerApplier} builds a
 * {@link dev.picket.storage.layer.FileTree} in memory, and a regular file in it is a list of byte ranges of the stored
 * archive. Names, links and modes live in that tree only. So the usual escapes of extractors (a name with {@code ..}, a
 * file written through a symbolic link that an earlier entry planted, as in CVE-2024-28185) have nothing to act on: a
 * symbolic link in the way of a name is followed inside the tree, as the guest's own kernel would, and can lead nowhere
 * else. Names and hard links that climb above the root are still refused, since no honest archive has them.
 *
 * <p>Names are byte strings, held as ISO 8859-1. No locks: readers and trees belong to one thread.
 */
package dev.picket.storage.layer;
