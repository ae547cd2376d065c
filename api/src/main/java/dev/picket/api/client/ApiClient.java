package dev.picket.api.client;

import dev.picket.api.listen.ListenAddress;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import tools.jackson.core.JacksonException;

/** Speaks to a service. Every request has a connection of its own. */
public final class ApiClient {
    private static final String VERSION_PREFIX = "/v1.51";

    private final ListenAddress address;

    public ApiClient(ListenAddress address) {
        this.address = address;
    }

    /** Whether somebody listens at the address. */
    public boolean canConnect() {
        try (Connection connection = Connection.open(address)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Sends a request and reads the whole answer.
     *
     * @param path without a version
     * @param body JSON, or null
     * @throws ApiException if the service refuses
     */
    public byte[] call(String method, String path, String body) throws IOException {
        try (Connection connection = Connection.open(address)) {
            connection.send(method, versioned(path), body, false);
            var head = connection.readHead();
            byte[] answer = connection.readBody(head);
            if (head.status() >= 400) {
                throw refusal(head.status(), answer);
            }
            return answer;
        }
    }

    /** Sends a request whose answer may take as long as a container lives; returns when its headers are there. */
    public CompletableFuture<byte[]> callLong(String method, String path) throws IOException {
        Connection connection = Connection.open(address);
        connection.send(method, versioned(path), null, false);
        var head = connection.readHead();
        if (head.status() >= 400) {
            try (connection) {
                throw refusal(head.status(), connection.readBody(head));
            }
        }
        var answer = new CompletableFuture<byte[]>();
        Thread reader = new Thread(() -> {
            try (connection) {
                answer.complete(connection.readBody(head));
            } catch (IOException | RuntimeException e) {
                answer.completeExceptionally(new CompletionException(e));
            }
        });
        reader.setDaemon(true);
        reader.start();
        return answer;
    }

    /** Sends a request that hijacks its connection. */
    public RawStream hijack(String path, String body) throws IOException {
        Connection connection = Connection.open(address);
        connection.send("POST", versioned(path), body, true);
        var head = connection.readHead();
        if (head.status() != 101) {
            try (connection) {
                throw refusal(head.status(), connection.readBody(head));
            }
        }
        return new RawStream(connection);
    }

    private static String versioned(String path) {
        return path.startsWith("/picket/") ? path : VERSION_PREFIX + path;
    }

    private static ApiException refusal(int status, byte[] answer) {
        String message = null;
        try {
            message = Json.readFlat(answer).get("message");
        } catch (JacksonException e) {
            // Not from our service; its status must do.
        }
        return new ApiException(status, message == null ? "the service answered with status " + status : message);
    }
}
