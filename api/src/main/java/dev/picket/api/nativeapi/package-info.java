/** Picket's own API, below {@code /picket/v1}: what Docker's has no place for. Names start with small letters here. */
package dev.picket.api.nativeapi;
