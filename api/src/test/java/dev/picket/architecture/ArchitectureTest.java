package dev.picket.architecture;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The code keeps the rules, and every rule catches a violation that was planted for it. */
class ArchitectureTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.picket");

    static Stream<Arguments> rules() {
        return Stream.of(
                Arguments.of(
                        "modules point downward",
                        Rules.MODULES_POINT_DOWNWARD,
                        planted("dev.picket.storage.planted.StorageThatKnowsTheSentry")),
                Arguments.of(
                        "service names only the messages of the Sentry",
                        Rules.SERVICE_NAMES_ONLY_THE_MESSAGES_OF_THE_SENTRY,
                        planted("dev.picket.service.planted.ServiceThatKnowsTheSentry")),
                Arguments.of(
                        "control imports nothing",
                        Rules.CONTROL_IMPORTS_NOTHING,
                        planted("dev.picket.sentry.control.PlantedMessageThatKnowsErrno")),
                Arguments.of(
                        "Spring stops at the API",
                        Rules.SPRING_STOPS_AT_THE_API,
                        planted("dev.picket.service.planted.ServiceThatKnowsSpring")),
                Arguments.of(
                        "Reactor stops at the service",
                        Rules.REACTOR_STOPS_AT_THE_SERVICE,
                        planted("dev.picket.storage.planted.StorageThatKnowsReactor")),
                Arguments.of(
                        "native calls live in platform.host",
                        Rules.NATIVE_CALLS_LIVE_IN_PLATFORM_HOST,
                        planted("dev.picket.platform.ptrace.PlantedUnsafe")),
                Arguments.of(
                        "platforms are siblings",
                        Rules.PLATFORMS_ARE_SIBLINGS,
                        planted(
                                "dev.picket.platform.ptrace.PlantedSibling",
                                "dev.picket.platform.seccomp.PlantedOther")),
                Arguments.of(
                        "Sentry packages point downward",
                        Rules.SENTRY_PACKAGES_POINT_DOWNWARD,
                        planted("dev.picket.sentry.vfs.PlantedFileThatKnowsTasks")),
                Arguments.of(
                        "packages have no cycles",
                        Rules.PACKAGES_HAVE_NO_CYCLES,
                        planted(
                                "dev.picket.platform.ptrace.PlantedSibling",
                                "dev.picket.platform.seccomp.PlantedOther")),
                Arguments.of(
                        "nothing static changes",
                        Rules.NOTHING_STATIC_CHANGES,
                        planted("dev.picket.sentry.kernel.PlantedGlobal")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void the_code_keeps_the_rule(String name, ArchRule rule, JavaClasses planted) {
        rule.check(MAIN);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void the_rule_catches_what_was_planted(String name, ArchRule rule, JavaClasses planted) {
        assertTrue(
                rule.allowEmptyShould(true).evaluate(planted).hasViolation(), name + " misses its planted violation");
    }

    @Test
    void every_package_says_what_it_is() throws IOException {
        assertTrue(packagesWithoutDescription(Path.of("..")).isEmpty(), () -> describe(Path.of("..")));
    }

    @Test
    void a_package_that_does_not_say_what_it_is_is_found(@org.junit.jupiter.api.io.TempDir Path directory)
            throws IOException {
        Path silent = directory.resolve("module/src/main/java/dev/picket/silent");
        Files.createDirectories(silent);
        Files.writeString(silent.resolve("Silent.java"), "package dev.picket.silent;");
        assertFalse(packagesWithoutDescription(directory).isEmpty());
    }

    private static String describe(Path root) {
        try {
            return "without package-info.java: " + packagesWithoutDescription(root);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static List<Path> packagesWithoutDescription(Path root) throws IOException {
        try (var files = Files.find(
                root,
                32,
                (path, attributes) -> path.toString().contains("/src/main/java/")
                        && path.toString().endsWith(".java")
                        && !path.toString().contains("/target/"))) {
            return files.map(Path::getParent)
                    .distinct()
                    .filter(directory -> !Files.exists(directory.resolve("package-info.java")))
                    .toList();
        }
    }

    private static JavaClasses planted(String... names) {
        try {
            Class<?>[] classes = new Class<?>[names.length];
            for (int index = 0; index < names.length; index++) {
                classes[index] = Class.forName(names[index], false, ArchitectureTest.class.getClassLoader());
            }
            return new ClassFileImporter().importClasses(classes);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
