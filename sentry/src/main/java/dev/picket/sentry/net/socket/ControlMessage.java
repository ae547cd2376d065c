package dev.picket.sentry.net.socket;

/**
 * Ancillary data beside the bytes of a message, other than files and credentials; see cmsg(3).
 *
 * @param level SOL_SOCKET, IPPROTO_IP and so on
 * @param type of the level
 */
public record ControlMessage(int level, int type, byte[] data) {}
