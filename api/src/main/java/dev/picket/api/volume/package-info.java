/** Volumes on the wire: there are none yet, and clients are told so. */
package dev.picket.api.volume;
