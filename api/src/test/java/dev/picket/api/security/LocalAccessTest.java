package dev.picket.api.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

class LocalAccessTest {
    private final LocalAccess access = new LocalAccess(1000);

    private static HttpHeaders headers(String... namesAndValues) {
        var headers = new HttpHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }

    private static Peer network(String address) {
        try {
            return new Peer.Network(new InetSocketAddress(InetAddress.getByName(address), 40000));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void the_own_user_and_root_may_use_the_unix_socket() {
        assertEquals(Optional.empty(), access.refusal(new Peer.Process(1000, 1), headers()));
        assertEquals(Optional.empty(), access.refusal(new Peer.Process(0, 1), headers()));
    }

    @Test
    void another_user_may_not() {
        assertTrue(access.refusal(new Peer.Process(1001, 1), headers()).isPresent());
    }

    @Test
    void a_unix_client_may_send_any_host() {
        assertEquals(
                Optional.empty(),
                access.refusal(new Peer.Process(1000, 1), headers("Host", "api.moby.localhost", "Origin", "http://x")));
    }

    @Test
    void an_unknown_peer_is_refused() {
        assertTrue(access.refusal(new Peer.Unknown("?"), headers("Host", "localhost"))
                .isPresent());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "localhost:2375", "LOCALHOST:2375", "127.0.0.1", "127.0.0.1:2375", "[::1]:2375"})
    void loopback_names_are_accepted_as_host(String host) {
        assertEquals(Optional.empty(), access.refusal(network("127.0.0.1"), headers("Host", host)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:2375",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "",
                "192.0.2.1",
                "localhost:2375@evil.example",
                "::1"
            })
    void other_names_are_refused_as_host(String host) {
        assertTrue(access.refusal(network("127.0.0.1"), headers("Host", host)).isPresent());
    }

    @Test
    void a_missing_or_repeated_host_is_refused() {
        assertTrue(access.refusal(network("127.0.0.1"), headers()).isPresent());
        assertTrue(access.refusal(network("127.0.0.1"), headers("Host", "localhost", "Host", "evil.example"))
                .isPresent());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.example",
                "null",
                "http://localhost:8080",
                "file://",
                "http://localhost:2375.evil.example"
            })
    void other_origins_are_refused(String origin) {
        assertTrue(access.refusal(network("127.0.0.1"), headers("Host", "localhost:2375", "Origin", origin))
                .isPresent());
    }

    @Test
    void the_own_origin_is_accepted() {
        assertEquals(
                Optional.empty(),
                access.refusal(network("::1"), headers("Host", "localhost:2375", "Origin", "http://localhost:2375")));
    }

    @Test
    void a_cross_site_fetch_is_refused_even_without_an_origin() {
        assertTrue(access.refusal(network("127.0.0.1"), headers("Host", "localhost", "Sec-Fetch-Site", "cross-site"))
                .isPresent());
    }

    @Test
    void other_machines_are_refused() {
        assertTrue(access.refusal(network("192.0.2.7"), headers("Host", "localhost"))
                .isPresent());
    }
}
