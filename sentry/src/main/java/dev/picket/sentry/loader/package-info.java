/**
 * Loads programs: ELF files with or without an interpreter, and {@code #!} scripts, into fresh memory with the stack that
 * a program starts with. {@link dev.picket.sentry.loader.Loader} is the way in.
 *
 * <p>Files come from whoever controls the guest: every number in them is checked before it is used, and nothing is
 * allocated by a size they name. There are no locks here.
 */
package dev.picket.sentry.loader;
