package dev.picket.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.util.List;

/** The import directions of docs/architecture.md as rules. */
final class Rules {
    /** From the top to the bottom of the Sentry: a package imports only those below it. */
    static final List<String> SENTRY_ORDER = List.of(
            "boot",
            "syscall",
            "strace",
            "fs.proc",
            "fs.sys",
            "fs.dev",
            "fs.generated",
            "loader",
            "kernel",
            "tty",
            "net",
            "net.netlink",
            "net.inet",
            "net.unix",
            "net.link",
            "net.socket",
            "pipe",
            "fs.overlay",
            "fs.tmpfs",
            "fs.erofs",
            "fs.host",
            "vfs",
            "memory",
            "credentials",
            "wait",
            "errno");

    static final ArchRule MODULES_POINT_DOWNWARD = CompositeArchRule.of(List.of(
            nothingIn("..picket.platform..")
                    .dependsOn("..picket.sentry..", "..picket.storage..", "..picket.service..", "..picket.api.."),
            nothingIn("..picket.sentry..").dependsOn("..picket.storage..", "..picket.service..", "..picket.api.."),
            nothingIn("..picket.storage..")
                    .dependsOn("..picket.platform..", "..picket.sentry..", "..picket.service..", "..picket.api.."),
            nothingIn("..picket.service..").dependsOn("..picket.platform..", "..picket.api.."),
            nothingIn("..picket.api..").dependsOn("..picket.platform..", "..picket.sentry..", "..picket.storage..")));

    static final ArchRule SERVICE_NAMES_ONLY_THE_MESSAGES_OF_THE_SENTRY = noClasses()
            .that()
            .resideInAPackage("dev.picket.service..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("dev.picket.sentry..")
                    .and(DescribedPredicate.not(resideInAnyPackage("dev.picket.sentry.control"))));

    static final ArchRule CONTROL_IMPORTS_NOTHING = classes()
            .that()
            .resideInAPackage("dev.picket.sentry.control")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "dev.picket.sentry.control");

    static final ArchRule SPRING_STOPS_AT_THE_API = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.picket.service..", "dev.picket.storage..", "dev.picket.sentry..", "dev.picket.platform..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..");

    static final ArchRule REACTOR_STOPS_AT_THE_SERVICE = noClasses()
            .that()
            .resideInAnyPackage("dev.picket.storage..", "dev.picket.sentry..", "dev.picket.platform..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("reactor..");

    static final ArchRule NATIVE_CALLS_LIVE_IN_PLATFORM_HOST = noClasses()
            .that()
            .resideInAPackage("dev.picket..")
            .and()
            .resideOutsideOfPackage("dev.picket.platform.host")
            .should()
            // Not all of sun.misc: its Signal, which the command line handles signals with, touches no memory.
            .dependOnClassesThat(resideInAnyPackage("com.kenai..").or(name("sun.misc.Unsafe")));

    static final ArchRule PLATFORMS_ARE_SIBLINGS = slices().matching("dev.picket.platform.(ptrace|seccomp|kvm)..")
            .should()
            .notDependOnEachOther();

    static final ArchRule SENTRY_PACKAGES_POINT_DOWNWARD = CompositeArchRule.of(sentryOrder());

    static final ArchRule PACKAGES_HAVE_NO_CYCLES = CompositeArchRule.of(List.of(
            slices().matching("dev.picket.platform.(**)").should().beFreeOfCycles(),
            slices().matching("dev.picket.sentry.(**)").should().beFreeOfCycles(),
            slices().matching("dev.picket.storage.(**)").should().beFreeOfCycles(),
            slices().matching("dev.picket.service.(**)").should().beFreeOfCycles(),
            slices().matching("dev.picket.api.(**)").should().beFreeOfCycles()));

    static final ArchRule NOTHING_STATIC_CHANGES = fields().that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage("dev.picket.sentry..", "dev.picket.platform..")
            .and()
            .areStatic()
            .should()
            .beFinal();

    private Rules() {}

    private record Inside(String from) {
        ArchRule dependsOn(String... packages) {
            return noClasses()
                    .that()
                    .resideInAPackage(from)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(packages);
        }
    }

    private static Inside nothingIn(String from) {
        return new Inside(from);
    }

    private static List<ArchRule> sentryOrder() {
        return java.util.stream.IntStream.range(1, SENTRY_ORDER.size())
                .mapToObj(Rules::onlyBelow)
                .toList();
    }

    /** A package with all in it, unless some of these have a place of their own in the order. */
    private static String patternOf(String name) {
        boolean isDivided = SENTRY_ORDER.stream().anyMatch(other -> other.startsWith(name + "."));
        return "dev.picket.sentry." + name + (isDivided ? "" : "..");
    }

    private static ArchRule onlyBelow(int position) {
        String[] above =
                SENTRY_ORDER.subList(0, position).stream().map(Rules::patternOf).toArray(String[]::new);
        DescribedPredicate<JavaClass> higher = resideInAnyPackage(above);
        return noClasses()
                .that()
                .resideInAPackage(patternOf(SENTRY_ORDER.get(position)))
                .should()
                .dependOnClassesThat(higher)
                .allowEmptyShould(true);
    }
}
