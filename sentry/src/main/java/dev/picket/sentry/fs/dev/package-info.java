/**
 * Devices: {@link dev.picket.sentry.fs.dev.DeviceRegistry} opens the few character devices that a sandbox has, by number,
 * wherever their nodes are; {@link dev.picket.sentry.fs.dev.DevptsFileSystem} is /dev/pts; {@link
 * dev.picket.sentry.fs.dev.DeviceNodes} makes the nodes of /dev.
 *
 * <p>Lock order: none of its own; those of {@code tty} and {@code pipe} are taken below.
 */
package dev.picket.sentry.fs.dev;
