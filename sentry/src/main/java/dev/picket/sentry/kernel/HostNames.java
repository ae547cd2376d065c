package dev.picket.sentry.kernel;

/** Host and domain name of a sandbox; see uname(2). Byte strings. Any thread may call. */
public final class HostNames {
    private volatile String hostName;
    private volatile String domainName = "(none)";

    HostNames(String hostName) {
        this.hostName = hostName;
    }

    HostNames copy() {
        var copy = new HostNames(hostName);
        copy.domainName = domainName;
        return copy;
    }

    public String hostName() {
        return hostName;
    }

    public void setHostName(String name) {
        hostName = name;
    }

    public String domainName() {
        return domainName;
    }

    public void setDomainName(String name) {
        domainName = name;
    }
}
