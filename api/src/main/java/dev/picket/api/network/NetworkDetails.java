package dev.picket.api.network;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A network. */
public record NetworkDetails(
        String name,
        String id,
        String created,
        String scope,
        String driver,
        @JsonProperty("EnableIPv6") boolean enableIpv6,
        @JsonProperty("IPAM") AddressManagement addressManagement,
        boolean internal,
        boolean attachable,
        boolean ingress,
        boolean configOnly,
        Map<String, Object> containers,
        Map<String, String> options,
        Map<String, String> labels) {

    /** How addresses are given out. */
    public record AddressManagement(String driver, Map<String, String> options, List<Object> config) {}

    /** The networks that are there without being made. */
    static final List<NetworkDetails> PREDEFINED =
            List.of(predefined("bridge", "bridge"), predefined("host", "host"), predefined("none", "null"));

    private static NetworkDetails predefined(String name, String driver) {
        return new NetworkDetails(
                name,
                id(name),
                "1970-01-01T00:00:00Z",
                "local",
                driver,
                false,
                new AddressManagement("default", null, List.of()),
                false,
                false,
                false,
                false,
                Map.of(),
                Map.of(),
                Map.of());
    }

    /** 64 hexadecimal digits, the same in every service. */
    private static String id(String name) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(("network " + name).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
