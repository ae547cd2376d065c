/**
 * Trees of files whose contents are made up when they are read: the base of {@code fs.proc} and {@code fs.sys}. {@link
 * dev.picket.sentry.fs.generated.GeneratedFile}, {@link dev.picket.sentry.fs.generated.GeneratedLink}, {@link
 * dev.picket.sentry.fs.generated.GeneratedDirectory}.
 *
 * <p>Lock order: an open file's position, then whatever making its contents takes. Directories take no lock while they
 * ask for their entries.
 */
package dev.picket.sentry.fs.generated;
