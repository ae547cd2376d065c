/**
 * The vDSO: code of the Sentry's that guests run, so that they can tell the time without a system call; see vdso(7).
 * {@link dev.picket.sentry.vdso.Vdso} is what a sandbox has of it: one page of parameters, which the Sentry keeps and
 * guests only read ({@link dev.picket.sentry.vdso.TimePage}), and behind it the image, both shared by all processes.
 *
 * <p>Lock order: the time page's lock is innermost.
 */
package dev.picket.sentry.vdso;
