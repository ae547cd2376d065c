/**
 * Where the service listens: {@link dev.picket.api.listen.ListenAddress} parses {@code --listen}, {@link
 * dev.picket.api.listen.Listeners} binds one HTTP handler to all of them, {@link dev.picket.api.listen.SocketFile} owns
 * the file of a unix socket. No locks.
 */
package dev.picket.api.listen;
