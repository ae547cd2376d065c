/**
 * Guest code in stub processes under ptrace(2).
 *
 * <p>{@link dev.picket.platform.ptrace.PtracePlatform} spawns one template stub; every address space is a process forked
 * from it, or from another ({@link dev.picket.platform.ptrace.StubProcess}). A stub thread is either <em>parked</em>, which
 * means it waits in the stub's own code and nobody traces it, or it is traced by the Java thread of the context that runs
 * on it ({@link dev.picket.platform.ptrace.PtraceContext}, {@link dev.picket.platform.ptrace.Tracee}). There are no other
 * threads: whoever needs a system call made in a stub has a stopped thread of it, borrows a parked one, or leaves a note
 * for whoever next lets a thread of it run.
 *
 * <p>Why notes cannot deadlock: guest code runs only in a thread whose tracer has just looked for notes, and a running
 * thread can be kicked. If all threads are stopped, nobody sees what the notes are about. The one thing that somebody waits
 * for is a thread to run a new context on, so that is made beforehand, when the context copies its state from its parent,
 * whose thread is stopped in our hands at that moment.
 *
 * <p>Lock order: the lock of a process, then that of the template, then the monitor of the descriptor queue or of a
 * context's kick. None is held while guest code runs.
 */
package dev.picket.platform.ptrace;
