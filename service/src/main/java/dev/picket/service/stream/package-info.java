/**
 * Output and input of guest processes: log files in Docker's json-file format, readers that follow them, and live
 * attachments with backpressure.
 *
 * <p>Lock order: a process's {@link dev.picket.service.stream.OutputHub}, then a subscriber, then a log file.
 */
package dev.picket.service.stream;
