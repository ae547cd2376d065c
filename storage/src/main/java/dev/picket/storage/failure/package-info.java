/** The one failure type of the storage module. No locks. */
package dev.picket.storage.failure;
