package dev.picket.api.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpMethod;

class ImageNameFilterTest {
    @ParameterizedTest
    @CsvSource({
        "GET, /images/json, /images/json",
        "GET, /images/busybox/json, /images/busybox/json",
        "GET, /images/library/busybox:1.36/json, /images/library%2Fbusybox:1.36/json",
        "GET, /images/host:5000/a/b/json, /images/host:5000%2Fa%2Fb/json",
        "GET, /images/a/json/json, /images/a%2Fjson/json",
        "GET, /images/a/b/history, /images/a%2Fb/history",
        "GET, /images/a/b/get, /images/a%2Fb/get",
        "GET, /images/get, /images/get",
        "POST, /images/create, /images/create",
        "POST, /images/a/b/tag, /images/a%2Fb/tag",
        "POST, /images/a/b/push, /images/a%2Fb/push",
        "DELETE, /images/a/b/json, /images/a%2Fb%2Fjson",
        "DELETE, /images/a, /images/a",
        "GET, /distribution/a/b/json, /distribution/a%2Fb/json",
        "GET, /containers/a/json, /containers/a/json",
    })
    void the_name_becomes_one_segment(String method, String path, String expected) {
        assertEquals(expected, ImageNameFilter.rewrite(HttpMethod.valueOf(method), path));
    }
}
