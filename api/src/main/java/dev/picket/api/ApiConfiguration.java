package dev.picket.api;

import dev.picket.api.container.ContainerController;
import dev.picket.api.container.ContainerStreamController;
import dev.picket.api.exec.ExecController;
import dev.picket.api.failure.FailureHandler;
import dev.picket.api.image.ImageController;
import dev.picket.api.image.ImageNameFilter;
import dev.picket.api.nativeapi.PlatformController;
import dev.picket.api.network.NetworkController;
import dev.picket.api.security.SecurityConfiguration;
import dev.picket.api.stream.BlockingCalls;
import dev.picket.api.system.SystemController;
import dev.picket.api.system.UnsupportedController;
import dev.picket.api.version.VersionFilter;
import dev.picket.api.volume.VolumeController;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.json.JacksonJsonDecoder;
import org.springframework.http.codec.json.JacksonJsonEncoder;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.web.reactive.config.EnableWebFlux;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * Everything the API consists of, by name: there is neither a class path scan nor auto-configuration, because a start is
 * part of every {@code picket run} that finds no service.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebFlux
@Import({
    VersionFilter.class,
    ImageNameFilter.class,
    SecurityConfiguration.class,
    FailureHandler.class,
    BlockingCalls.class,
    SystemController.class,
    UnsupportedController.class,
    ContainerController.class,
    ContainerStreamController.class,
    ExecController.class,
    ImageController.class,
    NetworkController.class,
    VolumeController.class,
    PlatformController.class,
})
public class ApiConfiguration implements WebFluxConfigurer {
    /** Bodies that are JSON: a container with a very large environment stays below it. */
    private static final int JSON_BODY_MAX_BYTES = 4 * 1024 * 1024;

    /** JSON as Go reads and writes it: names start with capitals, case does not matter, null is "not given". */
    @Bean
    JsonMapper jsonMapper() {
        return JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
                .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    @Override
    public void configureHttpMessageCodecs(ServerCodecConfigurer codecs) {
        JsonMapper json = jsonMapper();
        codecs.defaultCodecs().maxInMemorySize(JSON_BODY_MAX_BYTES);
        codecs.defaultCodecs().jacksonJsonEncoder(new JacksonJsonEncoder(json));
        codecs.defaultCodecs().jacksonJsonDecoder(new JacksonJsonDecoder(json));
    }

    /** Not lazy: what cannot be wired shall fail the start, not the first request. */
    @Bean
    @Lazy(false)
    HttpHandler httpHandler(ApplicationContext context) {
        return WebHttpHandlerBuilder.applicationContext(context).build();
    }
}
