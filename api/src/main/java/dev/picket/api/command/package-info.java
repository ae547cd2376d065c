/**
 * The command line: {@link dev.picket.api.command.Main}. Commands that only speak to a service must not load Spring;
 * whoever starts one goes through {@link dev.picket.api.command.EmbeddedService}. No locks.
 */
package dev.picket.api.command;
