package dev.picket.platform.kvm;

/**
 * One memory slot: a piece of guest physical memory and where this process has it.
 *
 * @param slot number of the memory slot
 * @param physicalAddress where guests' page tables find it, aligned to 2 MiB
 * @param hostAddress where it is in this process
 */
record Window(int slot, long physicalAddress, long hostAddress) {}
