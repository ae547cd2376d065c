package dev.picket.api.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void values_are_written() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("a", List.of("x\"y", 1, true));
        value.put("b", null);
        value.put("c", Map.of("d", 2L));
        assertEquals("{\"a\":[\"x\\\"y\",1,true],\"b\":null,\"c\":{\"d\":2}}", Json.write(value));
    }

    @Test
    void flat_members_are_read_and_nested_ones_skipped() {
        byte[] text = "{\"Id\":\"x\",\"N\":{\"Id\":\"y\"},\"L\":[1,{\"Id\":\"z\"}],\"S\":7,\"B\":true}"
                .getBytes(StandardCharsets.UTF_8);
        assertEquals(Map.of("Id", "x", "S", "7", "B", "true"), Json.readFlat(text));
    }

    @Test
    void lists_of_objects_are_read() {
        byte[] text = "[{\"a\":\"1\"},{\"a\":\"2\"}]".getBytes(StandardCharsets.UTF_8);
        assertEquals(List.of(Map.of("a", "1"), Map.of("a", "2")), Json.readFlatList(text));
    }
}
