package dev.picket.service.system;

/** What the service tells about itself. */
public final class SystemService {
    public SystemInformation information() {
        throw new UnsupportedOperationException();
    }

    /** The version of Picket, such as {@code 0.1.0}. */
    public String version() {
        throw new UnsupportedOperationException();
    }

    /** The host's kernel, such as {@code 6.1.0}. */
    public String kernelVersion() {
        throw new UnsupportedOperationException();
    }
}
