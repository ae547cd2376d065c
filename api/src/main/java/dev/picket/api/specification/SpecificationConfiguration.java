package dev.picket.api.specification;

import dev.picket.api.version.ApiVersion;
import io.swagger.v3.core.jackson.ModelResolver;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.servers.Server;
import java.util.List;
import java.util.Locale;
import org.springdoc.core.configuration.SpringDocConfiguration;
import org.springdoc.core.customizers.OperationCustomizer;
import org.springdoc.core.properties.SpringDocConfigProperties;
import org.springdoc.webflux.core.configuration.SpringDocWebFluxConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Springdoc, by name instead of by auto-configuration. Nothing of it is made before somebody asks for the specification. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties
@Import({SpringDocConfiguration.class, SpringDocConfigProperties.class, SpringDocWebFluxConfiguration.class})
public class SpecificationConfiguration {
    /** Where the specification is served; with {@code .yaml} behind it as YAML. */
    public static final String PATH = "/openapi";

    @Bean
    OpenAPI specification() {
        return new OpenAPI()
                .servers(List.of(new Server().url("/")))
                .info(new Info()
                        .title("Picket")
                        .version(ApiVersion.MAXIMUM.toString())
                        .description("The Docker Engine API as far as Picket has it, and Picket's own API below"
                                + " /picket/v1. Docker's paths are served with and without /v1.NN before them.")
                        .license(new License().name("Apache-2.0").url("https://www.apache.org/licenses/LICENSE-2.0")));
    }

    @Bean
    ModelResolver modelResolver() {
        return new WireModelResolver();
    }

    /** {@code containerCreate}, below {@code container}: stable names for those who generate clients. */
    @Bean
    OperationCustomizer operationNames() {
        return (operation, method) -> {
            String controller = method.getBeanType().getSimpleName().replaceAll("(Stream)?Controller$", "");
            String tag = controller.toLowerCase(Locale.ROOT);
            String name = method.getMethod().getName();
            operation.setOperationId(tag + Character.toUpperCase(name.charAt(0)) + name.substring(1));
            operation.setTags(List.of(tag));
            return operation;
        };
    }
}
