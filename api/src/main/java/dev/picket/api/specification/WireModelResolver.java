package dev.picket.api.specification;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverter;
import io.swagger.v3.core.converter.ModelConverterContext;
import io.swagger.v3.core.jackson.ModelResolver;
import io.swagger.v3.core.jackson.TypeNameResolver;
import io.swagger.v3.core.util.Json;
import io.swagger.v3.oas.models.media.Schema;
import java.util.Iterator;
import java.util.Set;
import org.springframework.http.ResponseEntity;
import reactor.core.publisher.Mono;

/** Describes wire records with the names that {@code ApiConfiguration} writes, and looks through their wrappers. */
final class WireModelResolver extends ModelResolver {
    WireModelResolver() {
        super(mapper(), new NestedNames());
    }

    /** Names nested records after both: several answers have a {@code State} or {@code Configuration} of their own. */
    private static final class NestedNames extends TypeNameResolver {
        @Override
        protected String nameForClass(Class<?> type, Set<Options> options) {
            return type.getEnclosingClass() == null
                    ? super.nameForClass(type, options)
                    : nameForClass(type.getEnclosingClass(), options) + type.getSimpleName();
        }
    }

    private static ObjectMapper mapper() {
        return Json.mapper().copy().setPropertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Schema resolve(AnnotatedType type, ModelConverterContext context, Iterator<ModelConverter> next) {
        JavaType javaType = _mapper.constructType(type.getType());
        if (javaType.hasRawClass(Mono.class) || javaType.hasRawClass(ResponseEntity.class)) {
            JavaType inner = javaType.containedTypeOrUnknown(0);
            return inner.hasRawClass(Void.class) ? null : context.resolve(new AnnotatedType(inner).resolveAsRef(true));
        }
        return super.resolve(type, context, next);
    }
}
