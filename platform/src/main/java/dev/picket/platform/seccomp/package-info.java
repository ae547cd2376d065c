/**
 * Guest code in stub processes under seccomp(2) filters with user notification: no ptrace(2), no capability.
 *
 * <p>Every thread that runs guest code has a filter with a listener of its own, and the Java thread of its context receives
 * from that. A system call that needs no more than its arguments is a notification, which the answer ends. All else makes a
 * signal: its handler, in the stub's text, finds the guest's registers in the signal frame, which lies in memory shared
 * with the worker, and rings the <em>bell</em>, a notification too; the worker reads and edits the frame, and the answer
 * lets the handler return to the guest. {@link dev.picket.platform.seccomp.SeccompContext} drives that.
 *
 * <p>Two threads of each process never run guest code. The <em>mother</em> makes threads and processes, and has no
 * listener, so that her children can have theirs. The <em>mapper</em> changes mappings; it has a listener, so that asking
 * it costs no more than a system call of a guest. What they do stands in pages that the guest can read but not write, and
 * their state is in registers: a guest in the same memory has no way to tell them anything ({@link
 * dev.picket.platform.seccomp.StubImage}, {@link dev.picket.platform.seccomp.StubFilters}). The signal frames it can
 * write; they hold nothing but its own registers.
 *
 * <p>Lock order: the lock of a process, then the monitor of the post, of an area of slots, or of a context's kick. None is
 * held while guest code runs.
 */
package dev.picket.platform.seccomp;
