package dev.picket.sentry.net.link;

import static dev.picket.platform.linux.Interfaces.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;
import java.nio.charset.StandardCharsets;

/** The requests of netdevice(7): every socket takes them, but those about addresses only sockets of AF_INET. */
public final class InterfaceRequests {
    private static final int FIRST = SIOCADDRT;
    private static final int LAST = 0x89ff;
    private static final int SOCKADDR_BYTES = 16;
    private static final int TRANSMIT_QUEUE = 1000;

    private final Links links;

    public InterfaceRequests(Links links) {
        this.links = links;
    }

    /** Whether a request of ioctl(2) to a socket of family {@code domain} is about interfaces, not the socket itself. */
    public static boolean covers(int request, int domain) {
        return switch (request) {
            case SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK -> domain == Sockets.AF_INET;
            default -> request >= FIRST && request <= LAST;
        };
    }

    /**
     * Carries out a request.
     *
     * @throws ErrnoException ENODEV, EADDRNOTAVAIL; EPERM for changes; ENOTTY if there is none such
     */
    public long control(Caller caller, int request, long address) throws ErrnoException {
        var memory = caller.memory();
        switch (request) {
            case SIOCGIFCONF -> {
                list(memory, address);
                return 0;
            }
            case SIOCSIFFLAGS,
                    SIOCSIFADDR,
                    SIOCSIFDSTADDR,
                    SIOCSIFBRDADDR,
                    SIOCSIFNETMASK,
                    SIOCSIFMETRIC,
                    SIOCSIFMTU,
                    SIOCSIFNAME,
                    SIOCSIFHWADDR,
                    SIOCSIFTXQLEN,
                    SIOCSIFLINK,
                    SIOCADDRT,
                    SIOCDELRT -> {
                boolean may = caller.credentials().has(Credentials.CAP_NET_ADMIN);
                throw ErrnoException.of(may ? Errno.EOPNOTSUPP : Errno.EPERM);
            }
            default -> {}
        }
        byte[] structure = new byte[IFREQ_BYTES];
        memory.copyIn(address, structure, 0, structure.length);
        fill(request, structure);
        memory.copyOut(address, structure, 0, structure.length);
        return 0;
    }

    private void fill(int request, byte[] structure) throws ErrnoException {
        if (request == SIOCGIFNAME) {
            var link = links.byIndex(Bytes.getInt(structure, IFREQ_VALUE));
            if (link == null) {
                throw ErrnoException.of(Errno.ENODEV);
            }
            putName(structure, 0, link);
            return;
        }
        switch (request) {
            case SIOCGIFFLAGS,
                    SIOCGIFADDR,
                    SIOCGIFDSTADDR,
                    SIOCGIFBRDADDR,
                    SIOCGIFNETMASK,
                    SIOCGIFMETRIC,
                    SIOCGIFMTU,
                    SIOCGIFHWADDR,
                    SIOCGIFINDEX,
                    SIOCGIFTXQLEN,
                    SIOCGIFMAP -> {}
            case SIOCETHTOOL -> throw ErrnoException.of(Errno.EOPNOTSUPP);
            default -> throw ErrnoException.of(Errno.ENOTTY);
        }
        var link = links.byName(nameOf(structure));
        if (link == null) {
            throw ErrnoException.of(Errno.ENODEV);
        }
        switch (request) {
            case SIOCGIFFLAGS -> Bytes.putShort(structure, IFREQ_VALUE, link.flags());
            case SIOCGIFADDR, SIOCGIFDSTADDR -> putAddress(
                    structure, IFREQ_VALUE, v4Of(link).address());
            case SIOCGIFBRDADDR -> putAddress(structure, IFREQ_VALUE, IpAddress.ANY_V4);
            case SIOCGIFNETMASK -> putAddress(structure, IFREQ_VALUE, v4Of(link).mask());
            case SIOCGIFMETRIC -> Bytes.putInt(structure, IFREQ_VALUE, 0);
            case SIOCGIFMTU -> Bytes.putInt(structure, IFREQ_VALUE, link.mtuBytes());
            case SIOCGIFINDEX -> Bytes.putInt(structure, IFREQ_VALUE, link.index());
            case SIOCGIFTXQLEN -> Bytes.putInt(structure, IFREQ_VALUE, TRANSMIT_QUEUE);
            case SIOCGIFHWADDR -> {
                clearValue(structure);
                Bytes.putShort(structure, IFREQ_VALUE, link.hardwareType());
                byte[] hardware = link.hardwareAddress();
                System.arraycopy(hardware, 0, structure, IFREQ_VALUE + 2, hardware.length);
            }
            default -> clearValue(structure); // SIOCGIFMAP: there is no hardware
        }
    }

    private static void clearValue(byte[] structure) {
        java.util.Arrays.fill(structure, IFREQ_VALUE, IFREQ_BYTES, (byte) 0);
    }

    /** The part before a colon: aliases such as {@code lo:1} are their interface's. */
    private static String nameOf(byte[] structure) {
        int end = 0;
        while (end < IFNAMSIZ - 1 && structure[end] != 0 && structure[end] != ':') {
            end++;
        }
        return new String(structure, 0, end, StandardCharsets.ISO_8859_1);
    }

    private static LinkAddress v4Of(Link link) throws ErrnoException {
        for (var address : link.addresses()) {
            if (address.address().isV4()) {
                return address;
            }
        }
        throw ErrnoException.of(Errno.EADDRNOTAVAIL);
    }

    private static void putName(byte[] structure, int offset, Link link) {
        byte[] name = link.name().getBytes(StandardCharsets.ISO_8859_1);
        java.util.Arrays.fill(structure, offset, offset + IFNAMSIZ, (byte) 0);
        System.arraycopy(name, 0, structure, offset, name.length);
    }

    private static void putAddress(byte[] structure, int offset, IpAddress address) {
        java.util.Arrays.fill(structure, offset, offset + SOCKADDR_BYTES, (byte) 0);
        Bytes.putShort(structure, offset, Sockets.AF_INET);
        address.put(structure, offset + 4);
    }

    /** SIOCGIFCONF: as many whole structures as there is room for; without a buffer, how much room they would take. */
    private void list(MemoryManager memory, long address) throws ErrnoException {
        byte[] header = new byte[IFCONF_BYTES];
        memory.copyIn(address, header, 0, header.length);
        int room = Bytes.getInt(header, 0);
        long buffer = Bytes.getLong(header, IFCONF_BUFFER);
        int used = 0;
        for (var link : links.all()) {
            for (var own : link.addresses()) {
                if (!own.address().isV4()) {
                    continue;
                }
                if (buffer != 0) {
                    if (room - used < IFREQ_BYTES) {
                        break;
                    }
                    byte[] structure = new byte[IFREQ_BYTES];
                    putName(structure, 0, link);
                    putAddress(structure, IFREQ_VALUE, own.address());
                    memory.copyOut(buffer + used, structure, 0, structure.length);
                }
                used += IFREQ_BYTES;
            }
        }
        memory.putInt(address, used);
    }
}
