/**
 * Virtual memory of guest processes: one {@link dev.picket.sentry.memory.MemoryManager} per address space, all of them
 * over the {@link dev.picket.sentry.memory.FrameAllocator} of the sandbox.
 *
 * <p>A {@code Vma} says what the program asked for, a {@code Segment} what is mapped on the host now. Private memory is a
 * sparse range of the guest memory file, as long as its VMA and mapped in one piece, so that first touches are the host
 * kernel's and never come here. Copies after a fork go to the same relative place of a <em>mirror</em> range, so that
 * copied neighbours are neighbours in the file too and merge again.
 *
 * <p>Lock order: the lock of a memory manager (never two of them at once, but for a child that is being forked, after its parent), then the
 * locks inside a {@link dev.picket.sentry.memory.Mappable}, then the frame allocator, then the platform. Files therefore
 * may copy from and to guest memory under their own locks, but must not need those same locks in {@code
 * Mappable.translate}.
 */
package dev.picket.sentry.memory;
