/**
 * Images on the wire. {@link dev.picket.api.image.ImageNameFilter} lets their names hold slashes. No locks.
 */
package dev.picket.api.image;
