/**
 * Terminals: pseudo-terminal pairs with the line discipline and job control of tty(4), pty(7) and termios(3).
 *
 * <p>A {@link dev.picket.sentry.tty.Terminal} is a pair. Its slave side is what programs read and write ({@link
 * dev.picket.sentry.tty.SlaveFile}); its master side is held by a guest ({@link dev.picket.sentry.tty.MasterFile}, from
 * /dev/ptmx) or by the Sentry itself, which then calls {@link dev.picket.sentry.tty.Terminal#feed}, {@link
 * dev.picket.sentry.tty.Terminal#take} and so on. {@link dev.picket.sentry.tty.LineDiscipline} edits lines, {@link
 * dev.picket.sentry.tty.JobControl} knows whose terminal it is, {@link dev.picket.sentry.tty.Terminals} numbers them.
 *
 * <p>What of processes a terminal needs, the kernel implements: {@link dev.picket.sentry.tty.TerminalCaller}, {@link
 * dev.picket.sentry.tty.TerminalSession}, {@link dev.picket.sentry.tty.JobGroup}.
 *
 * <p>Lock order: {@link dev.picket.sentry.tty.Terminals} (its monitor guards who controls which terminal), a terminal,
 * {@code memory}. Signals are sent and wait queues woken without any of these locks.
 */
package dev.picket.sentry.tty;
