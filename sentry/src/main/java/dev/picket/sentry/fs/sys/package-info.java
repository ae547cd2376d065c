/**
 * /sys: as much as programs read to learn how many CPUs and how much memory they have: {@link
 * dev.picket.sentry.fs.sys.SysFileSystem}. It shows the sandbox's limits. See sysfs(5).
 *
 * <p>Lock order: none of its own.
 */
package dev.picket.sentry.fs.sys;
