package dev.picket.storage.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.picket.storage.failure.StorageException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes {@link ImageConfig} as the JSON of the OCI image specification, with Docker's additions. */
public final class ConfigJson {
    static final JsonMapper JSON = JsonMapper.builder()
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .build();

    private static final int MAX_LAYERS = 1024;

    private ConfigJson() {}

    /** Parses a configuration; unknown fields are passed over. */
    public static ImageConfig parse(byte[] json) throws StorageException.Invalid {
        JsonNode root = object(json, "image configuration");
        var layers = new ArrayList<Digest>();
        JsonNode rootFs = root.path("rootfs");
        if (rootFs.isMissingNode()
                || !rootFs.path("diff_ids").isArray()
                        && !rootFs.path("diff_ids").isMissingNode()) {
            throw new StorageException.Invalid("invalid image configuration: it lists no layers");
        }
        for (JsonNode id : rootFs.path("diff_ids")) {
            layers.add(Digest.parse(id.asText()));
        }
        if (layers.size() > MAX_LAYERS) {
            throw new StorageException.Invalid("invalid image configuration: more than " + MAX_LAYERS + " layers");
        }
        var history = new ArrayList<ImageConfig.History>();
        for (JsonNode step : root.path("history")) {
            history.add(new ImageConfig.History(
                    instant(step.path("created")),
                    step.path("created_by").asText(""),
                    step.path("author").asText(""),
                    step.path("comment").asText(""),
                    step.path("empty_layer").asBoolean(false)));
        }
        var platform = new ImagePlatform(
                root.path("os").asText("linux"),
                root.path("architecture").asText("amd64"),
                root.path("variant").asText(""));
        return new ImageConfig(
                platform,
                instant(root.path("created")),
                root.path("author").asText(""),
                root.path("comment").asText(""),
                run(root.path("config")),
                List.copyOf(layers),
                List.copyOf(history));
    }

    private static RunConfig run(JsonNode config) throws StorageException.Invalid {
        var labels = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> label : config.path("Labels").properties()) {
            labels.put(label.getKey(), label.getValue().asText());
        }
        return new RunConfig(
                config.path("User").asText(""),
                orEmpty(strings(config.path("Env"), "Env")),
                strings(config.path("Entrypoint"), "Entrypoint"),
                strings(config.path("Cmd"), "Cmd"),
                config.path("WorkingDir").asText(""),
                Collections.unmodifiableMap(labels),
                keys(config.path("ExposedPorts")),
                keys(config.path("Volumes")),
                config.path("StopSignal").asText(""),
                healthCheck(config.path("Healthcheck")),
                orEmpty(strings(config.path("OnBuild"), "OnBuild")),
                orEmpty(strings(config.path("Shell"), "Shell")));
    }

    private static RunConfig.HealthCheck healthCheck(JsonNode check) throws StorageException.Invalid {
        if (!check.isObject()) {
            return null;
        }
        return new RunConfig.HealthCheck(
                orEmpty(strings(check.path("Test"), "Test")),
                check.path("Interval").asLong(0),
                check.path("Timeout").asLong(0),
                check.path("StartPeriod").asLong(0),
                check.path("StartInterval").asLong(0),
                check.path("Retries").asInt(0));
    }

    /** Writes a configuration: fields in a fixed order, so that equal configurations have equal digests. */
    public static byte[] write(ImageConfig config) {
        ObjectNode root = JSON.createObjectNode();
        root.put("architecture", config.platform().architecture());
        putUnlessEmpty(root, "author", config.author());
        putUnlessEmpty(root, "comment", config.comment());
        root.set("config", write(config.run()));
        if (config.created() != null) {
            root.put("created", config.created().toString());
        }
        ArrayNode history = root.putArray("history");
        for (ImageConfig.History step : config.history()) {
            ObjectNode node = history.addObject();
            putUnlessEmpty(node, "author", step.author());
            putUnlessEmpty(node, "comment", step.comment());
            if (step.created() != null) {
                node.put("created", step.created().toString());
            }
            putUnlessEmpty(node, "created_by", step.createdBy());
            if (step.emptyLayer()) {
                node.put("empty_layer", true);
            }
        }
        root.put("os", config.platform().os());
        ObjectNode rootFs = root.putObject("rootfs");
        rootFs.put("type", "layers");
        ArrayNode ids = rootFs.putArray("diff_ids");
        config.layers().forEach(layer -> ids.add(layer.toString()));
        putUnlessEmpty(root, "variant", config.platform().variant());
        try {
            return JSON.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values can always be written", e);
        }
    }

    private static ObjectNode write(RunConfig run) {
        ObjectNode node = JSON.createObjectNode();
        putArray(node, "Cmd", run.command());
        putArray(node, "Entrypoint", run.entrypoint());
        putArray(node, "Env", nullIfEmpty(run.environment()));
        putSet(node, "ExposedPorts", run.exposedPorts());
        if (run.healthCheck() != null) {
            RunConfig.HealthCheck check = run.healthCheck();
            ObjectNode health = node.putObject("Healthcheck");
            putArray(health, "Test", check.test());
            putUnlessZero(health, "Interval", check.intervalNanos());
            putUnlessZero(health, "Timeout", check.timeoutNanos());
            putUnlessZero(health, "StartPeriod", check.startPeriodNanos());
            putUnlessZero(health, "StartInterval", check.startIntervalNanos());
            putUnlessZero(health, "Retries", check.retries());
        }
        if (!run.labels().isEmpty()) {
            ObjectNode labels = node.putObject("Labels");
            run.labels().forEach(labels::put);
        }
        putArray(node, "OnBuild", nullIfEmpty(run.onBuild()));
        putArray(node, "Shell", nullIfEmpty(run.shell()));
        putUnlessEmpty(node, "StopSignal", run.stopSignal());
        putUnlessEmpty(node, "User", run.user());
        putSet(node, "Volumes", run.volumes());
        putUnlessEmpty(node, "WorkingDir", run.workingDirectory());
        return node;
    }

    /** Parses a JSON object; {@code what} names it in the failure's message. */
    static JsonNode object(byte[] json, String what) throws StorageException.Invalid {
        JsonNode root = any(json, what);
        if (!root.isObject()) {
            throw new StorageException.Invalid("invalid " + what + ": not a JSON object");
        }
        return root;
    }

    static JsonNode any(byte[] json, String what) throws StorageException.Invalid {
        try {
            JsonNode root = JSON.readTree(json);
            if (root == null || root.isMissingNode()) {
                throw new StorageException.Invalid("invalid " + what + ": it is empty");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new StorageException.Invalid("invalid " + what + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new StorageException.Invalid("invalid " + what + ": " + e.getMessage(), e);
        }
    }

    /** The strings of an array; null if the node is absent or null. */
    static List<String> strings(JsonNode array, String what) throws StorageException.Invalid {
        if (array.isMissingNode() || array.isNull()) {
            return null;
        }
        if (!array.isArray()) {
            throw new StorageException.Invalid("invalid image configuration: " + what + " is not an array");
        }
        var strings = new ArrayList<String>(array.size());
        for (JsonNode element : array) {
            if (!element.isTextual()) {
                throw new StorageException.Invalid("invalid image configuration: " + what + " holds a non-string");
            }
            strings.add(element.asText());
        }
        return List.copyOf(strings);
    }

    private static List<String> keys(JsonNode object) {
        var keys = new ArrayList<String>();
        object.fieldNames().forEachRemaining(keys::add);
        Collections.sort(keys);
        return List.copyOf(keys);
    }

    private static Instant instant(JsonNode node) throws StorageException.Invalid {
        String text = node.asText("");
        if (text.isEmpty()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new StorageException.Invalid("invalid image configuration: bad time \"" + text + "\"", e);
        }
    }

    private static List<String> orEmpty(List<String> list) {
        return list == null ? List.of() : list;
    }

    private static List<String> nullIfEmpty(List<String> list) {
        return list.isEmpty() ? null : list;
    }

    private static void putUnlessEmpty(ObjectNode node, String name, String value) {
        if (!value.isEmpty()) {
            node.put(name, value);
        }
    }

    private static void putUnlessZero(ObjectNode node, String name, long value) {
        if (value != 0) {
            node.put(name, value);
        }
    }

    private static void putArray(ObjectNode node, String name, List<String> values) {
        if (values != null) {
            ArrayNode array = node.putArray(name);
            values.forEach(array::add);
        }
    }

    /** A set, as Go's JSON writes it: an object with empty objects as values. */
    private static void putSet(ObjectNode node, String name, Collection<String> values) {
        if (!values.isEmpty()) {
            ObjectNode set = node.putObject(name);
            values.stream().sorted().forEach(set::putObject);
        }
    }
}
