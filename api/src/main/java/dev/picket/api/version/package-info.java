/**
 * Versions of the Docker API: {@link dev.picket.api.version.ApiVersion}, and the {@link
 * dev.picket.api.version.VersionFilter} that takes {@code /v1.NN} off the path. Whatever differs between versions asks
 * here.
 */
package dev.picket.api.version;
