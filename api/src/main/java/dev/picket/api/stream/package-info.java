/**
 * Streams: {@link dev.picket.api.stream.Hijack} takes a connection away from HTTP, {@link
 * dev.picket.api.stream.StreamFraming} is Docker's framing, {@link dev.picket.api.stream.StreamedAnswer} writes bodies that
 * grow as they go, and {@link dev.picket.api.stream.BlockingCalls} keeps whatever may block off the event loops.
 *
 * <p>Handlers of a hijacked connection run on its event loop only; no locks.
 */
package dev.picket.api.stream;
