package dev.picket.storage.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.picket.storage.failure.StorageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {
    private static final String HEX = "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "busybox,docker.io/library/busybox:latest,busybox:latest",
        "busybox:1.36,docker.io/library/busybox:1.36,busybox:1.36",
        "docker.io/busybox,docker.io/library/busybox:latest,busybox:latest",
        "index.docker.io/library/busybox,docker.io/library/busybox:latest,busybox:latest",
        "user/app,docker.io/user/app:latest,user/app:latest",
        "library/a/b,docker.io/library/a/b:latest,library/a/b:latest",
        "ghcr.io/a/b:v1,ghcr.io/a/b:v1,ghcr.io/a/b:v1",
        "localhost/x,localhost/x:latest,localhost/x:latest",
        "localhost:5000/x,localhost:5000/x:latest,localhost:5000/x:latest",
        "Registry/x,Registry/x:latest,Registry/x:latest",
        "a__b/c-d.e,docker.io/a__b/c-d.e:latest,a__b/c-d.e:latest",
    })
    void names_are_completed_and_shown_as_docker_does(String text, String canonical, String familiar) throws Exception {
        Reference reference = Reference.parse(text).tagged();

        assertEquals(canonical, reference.canonical());
        assertEquals(familiar, reference.familiar());
        assertEquals(reference, Reference.parse(canonical));
        assertEquals(reference, Reference.parse(familiar).tagged());
    }

    @Test
    void a_digest_needs_no_tag() throws Exception {
        Reference reference = Reference.parse("busybox@sha256:" + HEX).tagged();

        assertEquals("", reference.tag());
        assertEquals("busybox@sha256:" + HEX, reference.familiar());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "a:",
                "a:b:c",
                "A",
                "user/App",
                "-a",
                "a//b",
                "/a",
                "a/",
                "a b",
                "a:tag with blank",
                "a..b",
                "a@sha256:12",
                "a@md5:" + "00",
                "a\u0000",
                "ä",
                "../a",
                "a___b",
                "http://a/b"
            })
    void what_docker_refuses_is_refused(String text) {
        assertThrows(StorageException.Invalid.class, () -> Reference.parse(text));
    }

    @Test
    void a_name_that_looks_like_an_id_is_refused() {
        assertThrows(StorageException.Invalid.class, () -> Reference.parse(HEX));
    }

    @Test
    void names_of_more_than_255_characters_are_refused() throws Exception {
        Reference.parse("a".repeat(230));
        assertThrows(StorageException.Invalid.class, () -> Reference.parse("a".repeat(250)));
    }
}
