/** How the service logs: warnings and errors, one line each, to standard error. */
package dev.picket.api.logging;
