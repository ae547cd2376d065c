package dev.picket.api.security;

import java.util.List;
import org.springframework.security.authentication.AbstractAuthenticationToken;

/** A peer that may use the service. */
final class PeerAuthentication extends AbstractAuthenticationToken {
    private static final long serialVersionUID = 1;

    private final transient Peer peer;

    PeerAuthentication(Peer peer) {
        super(List.of());
        this.peer = peer;
        setAuthenticated(true);
    }

    @Override
    public Object getCredentials() {
        return "";
    }

    @Override
    public Object getPrincipal() {
        return peer;
    }
}
