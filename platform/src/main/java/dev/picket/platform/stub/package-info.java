/**
 * What platforms with stub processes have in common: how a stub is {@linkplain dev.picket.platform.stub.StubExecutable
 * spawned} from bytes, the {@linkplain dev.picket.platform.stub.FilterProgram filters} it is shut in by, which descriptors
 * it {@linkplain dev.picket.platform.stub.FileSlots holds}, and the book-keeping of its mappings ({@link
 * dev.picket.platform.stub.MappedRanges}, {@link dev.picket.platform.stub.PendingChanges}).
 *
 * <p>No locks: the platforms guard what they keep here.
 */
package dev.picket.platform.stub;
