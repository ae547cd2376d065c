/** Images, as far as containers are concerned: a thin front of the storage. No locks of its own. */
package dev.picket.service.image;
