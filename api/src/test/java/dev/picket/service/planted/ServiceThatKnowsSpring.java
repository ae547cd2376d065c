package dev.picket.service.planted;

/** Planted for the architecture test: breaks a rule on purpose. */
final class ServiceThatKnowsSpring {
    org.springframework.context.ApplicationContext wrong;
}
