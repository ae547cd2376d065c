package dev.picket.api;

import dev.picket.api.listen.ListenAddress;
import dev.picket.api.listen.Listeners;
import dev.picket.api.specification.SpecificationConfiguration;
import dev.picket.service.failure.Failure;
import dev.picket.service.system.Service;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.web.context.reactive.AnnotationConfigReactiveWebApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigUtils;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.server.reactive.HttpHandler;

/** The running API: the Spring context, its listeners, and the service behind them. */
public final class ControlPlane implements AutoCloseable {
    private final ConfigurableApplicationContext context;
    private final Service service;
    private final Listeners listeners;

    private ControlPlane(ConfigurableApplicationContext context, Service service, Listeners listeners) {
        this.context = context;
        this.service = service;
        this.listeners = listeners;
    }

    /**
     * Starts to serve; returns when every address answers. The service is closed with the control plane, also when
     * starting fails.
     *
     * @param opening the service, which may still be opened in another thread: that and the wiring here take equally long
     * @param specification whether to serve the API's specification too, which makes the start longer
     * @throws Failure what the service could not be opened for, or {@link Failure.Unavailable} if an address cannot be
     *     bound
     */
    public static ControlPlane start(
            CompletableFuture<Service> opening, List<ListenAddress> addresses, boolean specification) {
        // Logging is set up by StandardErrorLogging; Boot's own way reads XML.
        System.setProperty(LoggingSystem.SYSTEM_PROPERTY, LoggingSystem.NONE);
        var application = specification
                ? new SpringApplication(ApiConfiguration.class, SpecificationConfiguration.class)
                : new SpringApplication(ApiConfiguration.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.setBannerMode(Banner.Mode.OFF);
        application.setLogStartupInfo(false);
        application.setRegisterShutdownHook(false);
        application.setLazyInitialization(true);
        application.setAddCommandLineProperties(false);
        // Web, but without a server of Boot's: it would know one address only.
        application.setApplicationContextFactory(type -> new AnnotationConfigReactiveWebApplicationContext());
        application.setDefaultProperties(Map.of(
                "springdoc.api-docs.path", SpecificationConfiguration.PATH,
                "springdoc.writer-with-order-by-keys", "true",
                "springdoc.default-produces-media-type", "application/json"));
        application.addInitializers(context -> {
            var beans = (GenericApplicationContext) context;
            // Nobody here listens to Spring's events by annotation; looking for it costs every start.
            beans.removeBeanDefinition(AnnotationConfigUtils.EVENT_LISTENER_PROCESSOR_BEAN_NAME);
            // The control plane closes it, after the listeners.
            beans.registerBean(Service.class, opening::join, definition -> definition.setDestroyMethodName(""));
        });
        ConfigurableApplicationContext context = null;
        try {
            context = application.run();
            Service service = opening.join();
            var listeners = new Listeners(addresses, context.getBean(HttpHandler.class));
            listeners.start();
            return new ControlPlane(context, service, listeners);
        } catch (IOException e) {
            closeAll(context, opening);
            throw new Failure.Unavailable(e.getMessage(), e);
        } catch (CompletionException e) {
            closeAll(context, opening);
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } catch (RuntimeException e) {
            closeAll(context, opening);
            throw e;
        }
    }

    private static void closeAll(ConfigurableApplicationContext context, CompletableFuture<Service> opening) {
        try {
            if (context != null) {
                context.close();
            }
        } finally {
            // Nothing to close if it could not be opened; the caller is told why.
            opening.handle((service, error) -> {
                        if (service != null) {
                            service.close();
                        }
                        return null;
                    })
                    .join();
        }
    }

    /** The addresses as bound: a TCP port of 0 is replaced by the one the kernel chose. */
    public List<ListenAddress> addresses() {
        return listeners.addresses();
    }

    /** How many client connections are open now. */
    public int openConnections() {
        return listeners.openConnections();
    }

    /** Ends the listeners, then every container and worker. */
    @Override
    public void close() {
        try {
            listeners.stop();
        } finally {
            closeAll(context, CompletableFuture.completedFuture(service));
        }
    }
}
