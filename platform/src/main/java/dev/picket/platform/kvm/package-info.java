/**
 * Guest code in ring 3 of a virtual machine of /dev/kvm, with no kernel in ring 0 but a few bytes that halt.
 *
 * <p>{@link dev.picket.platform.kvm.KvmPlatform} makes one virtual machine per sandbox. It has no devices, no interrupt
 * controller and no ports: memory, and virtual CPUs. A system call or an exception of the guest enters ring 0, where the
 * first instruction is {@code hlt}; that ends KVM_RUN, and the Java thread looks at which stub it was ({@link
 * dev.picket.platform.kvm.KernelPages}). Guest physical memory is made of windows on files of the host ({@link
 * dev.picket.platform.kvm.PhysicalMemory}); page tables lie outside of what any guest can map ({@link
 * dev.picket.platform.kvm.TablePool}). An address space ({@link dev.picket.platform.kvm.KvmAddressSpace}) is a table of
 * mappings; its page tables ({@link dev.picket.platform.kvm.PageTree}) are a cache of that, filled at faults, and can be
 * thrown away at any time. A context ({@link dev.picket.platform.kvm.KvmContext}) keeps the virtual CPU it ran on last
 * until somebody else needs one ({@link dev.picket.platform.kvm.CpuPool}).
 *
 * <p>Everything must hold on three kinds of KVM: with nested page tables (EPT, NPT), with shadow page tables, and on PVM,
 * which is shadow paging without help of the processor. Shadow paging does not see what this process writes to page
 * tables. Three rules follow, and all of the code about page tables lives by them:
 *
 * <ol>
 *   <li>An entry of a last-level table that takes something away takes effect when the <em>host</em> drops its own
 *       mapping of the page that the entry pointed to (madvise(2) with MADV_DONTNEED on the window): that makes KVM forget
 *       whatever it derived, on all virtual CPUs, before the call returns.
 *   <li>An entry that points to another table never changes as long as its tree lives, nor does an entry of 2 MiB ever
 *       become anything else. Where that would be needed, the address space gets a new tree.
 *   <li>Pages of dead trees are used again only after KVM has been made to forget everything, many at a time.
 * </ol>
 *
 * <p>Lock order: the lock of the physical memory, which guards all page tables and mappings of a virtual machine; then the
 * monitor of the CPU pool. Neither is held while guest code runs, but whoever holds the former may wait for virtual CPUs to
 * leave guest code, which they do without taking any lock.
 */
package dev.picket.platform.kvm;
